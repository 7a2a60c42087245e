/**
 * pci_save_config_regs(9F): configuration space over a time without power.
 *
 * What is kept is the header of 64 bytes, register by register. Of the capabilities behind it the
 * kernel keeps those it knows; the devices modelled have none with state of their own to lose.
 */
import type { DevInfo } from '../nexus/tree.js';
import { DDI_FAILURE, DDI_SUCCESS } from '../sys/constants.js';
import type { dev_info_t } from '../sys/types.js';
import { enterDip } from './enter.js';
import {
  pci_config_get32,
  pci_config_put16,
  pci_config_put32,
  pci_config_setup,
  pci_config_teardown,
} from './pci-config.js';

/** Bytes of the header. */
const headerBytes = 64;
/** Offset of the command register. */
const commandAt = 4;

/**
 * Keeps the configuration registers of a device, with its node.
 *
 * @param dip - the device, on PCI
 * @returns `DDI_SUCCESS`, or `DDI_FAILURE` when its configuration space cannot be accessed
 * @remarks Kernel context.
 * @see pci_save_config_regs(9F)
 */
export function pci_save_config_regs(dip: dev_info_t): number {
  const rdip = enterDip('pci_save_config_regs', dip);
  const space = pci_config_setup(rdip);
  if (space.isErr()) return DDI_FAILURE;
  const { handle } = space.value;
  const kept: number[] = [];
  for (let off = 0; off < headerBytes; off += 4) kept.push(pci_config_get32(handle, off));
  pci_config_teardown(handle);
  rdip.savedConfig = kept;
  return DDI_SUCCESS;
}

/**
 * Writes back what pci_save_config_regs kept, and forgets it.
 *
 * @param dip - the device, on PCI
 * @returns `DDI_SUCCESS`, or `DDI_FAILURE` when nothing was kept
 * @remarks Kernel context.
 * @see pci_save_config_regs(9F)
 */
export function pci_restore_config_regs(dip: dev_info_t): number {
  const rdip: DevInfo = enterDip('pci_restore_config_regs', dip);
  const kept = rdip.savedConfig;
  const space = kept === null ? null : pci_config_setup(rdip);
  if (kept === null || space?.isOk() !== true) return DDI_FAILURE;
  const { handle } = space.value;
  for (const [i, value] of kept.entries()) {
    if (4 * i !== commandAt) pci_config_put32(handle, 4 * i, value);
  }
  // The command register comes last, when the device knows where it is; the status register beside
  // it is none to write back: its bits are cleared by writing them.
  pci_config_put16(handle, commandAt, (kept[commandAt / 4] ?? 0) & 0xffff);
  pci_config_teardown(handle);
  rdip.savedConfig = null;
  return DDI_SUCCESS;
}
