/**
 * ddi-dma/machine: machines to run drivers on, device models, and what a test may look at.
 *
 * @packageDocumentation
 */
export {
  boot,
  BootedMachine,
  type BootOptions,
  type DeviceSpec,
  type EntryPoints,
  type FaultManagement,
  type PlatformName,
} from './boot.js';
export type { Resource } from './resources.js';
export type { CallbackStats } from '../nexus/callbacks.js';
export type { BudgetKind, Budgets } from '../machine/budget.js';
export {
  failNth,
  failSite,
  failSites,
  failSometimes,
  failWhile,
  type FaultKind,
  type FaultPlan,
  type Faults,
} from '../machine/faults.js';
export {
  drawSteps,
  type QuotaSchedule,
  type QuotaStep,
  type StepBounds,
} from '../machine/quota.js';
export { copyEngine, CopyEngine, type CopyEngineOptions } from '../devices/copy-engine.js';
export {
  Register,
  registerFile,
  RegisterFile,
  type RegisterAccess,
  type RegisterFileSpec,
  type RegisterSpec,
} from '../devices/registers.js';
export {
  listDisk,
  ListDisk,
  type DiskMisbehaviour,
  type ListDiskOptions,
} from '../devices/list-disk.js';
export type { CommandError, DiskLimits } from '../devices/list-disk-command.js';
export type { Medium } from '../devices/list-disk-medium.js';
export type { StatusName } from '../devices/list-disk-regs.js';
export { ringNic, RingNic, type RingNicOptions } from '../devices/ring-nic.js';
export type { Misbehaviour } from '../devices/ring-nic-completion.js';
export type {
  RingNicError,
  RingNicLimits,
  RingNicRule,
  RingSide,
} from '../devices/ring-nic-rules.js';
export type { Wire } from '../devices/ring-nic-wire.js';
export { Machine, type MachineDescription, type MachineOptions } from '../machine/machine.js';
export { BusError, type Bus, type BusErrorKind, type BusMaster } from '../machine/bus.js';
export type {
  Device,
  DeviceEnv,
  DeviceInterrupts,
  DeviceModel,
  RegisterSpace,
  RegisterWidth,
} from '../machine/device.js';
export type { FrameLayout, MemoryRange } from '../machine/frames.js';
export type { Ereport } from '../machine/error-log.js';
export type { BreakOptions, HardwareFaults } from '../machine/hardware-faults.js';
export type { FmStats } from '../nexus/fm.js';
export type { Kernel } from '../machine/kernel.js';
export type { UmemAllocOut, UmemLockError, UmemLockOut } from '../machine/kernel-user.js';
export type { PageList, Process, Users } from '../machine/process.js';
export type { AddressSpace, MapOptions, Page, Protection } from '../machine/user.js';
export type { LiveObject, MachineEvent, Observer, Probe } from '../sys/observer.js';
