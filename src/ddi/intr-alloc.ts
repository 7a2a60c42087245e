/**
 * ddi_intr_get_supported_types(9F), ddi_intr_get_nintrs(9F), ddi_intr_alloc(9F) and their kin: what
 * interrupts a device has, and taking and giving them back.
 */
import { err, ok, type Result } from 'neverthrow';
import type { InterruptType } from '../machine/interrupt-unit.js';
import { IntrHandle, typeNamed, type NodeInterrupts } from '../nexus/intr.js';
import type { DevInfo } from '../nexus/tree.js';
import {
  DDI_INTR_ALLOC_NORMAL,
  DDI_INTR_ALLOC_STRICT,
  DDI_INTR_TYPE_FIXED,
  DDI_INTR_TYPE_MSI,
  DDI_INTR_TYPE_MSIX,
} from '../sys/constants-intr.js';
import { ddiError, type DdiError } from '../sys/errors.js';
import type { ddi_intr_handle_t, dev_info_t } from '../sys/types.js';
import { enterDip, reportBad } from './enter.js';
import {
  einval,
  enterIntr,
  interruptsOf,
  notInInterrupt,
  outOfOrder,
  type Einval,
} from './intr-enter.js';

/** Out-parameter of ddi_intr_get_supported_types(9F). */
export interface SupportedTypesOut {
  /** `DDI_INTR_TYPE_FIXED`, `DDI_INTR_TYPE_MSI`, `DDI_INTR_TYPE_MSIX`, or'ed. */
  readonly types: number;
}

/** Out-parameter of ddi_intr_get_nintrs(9F). */
export interface NintrsOut {
  /** How many interrupts of the type the device has. */
  readonly nintrs: number;
}

/** Out-parameter of ddi_intr_get_navail(9F). */
export interface NavailOut {
  /** How many interrupts of the type the device can get. */
  readonly navail: number;
}

/** Out-parameters of ddi_intr_alloc(9F). */
export interface IntrAllocOut {
  /** The handles. A kernel leaves `inum` places free in front of them. */
  readonly h_array: readonly ddi_intr_handle_t[];
  /** How many there are. */
  readonly actual: number;
}

/** Codes of ddi_intr_get_nintrs(9F) and ddi_intr_get_navail(9F). */
export type NintrsError = DdiError<'DDI_EINVAL' | 'DDI_INTR_NOTFOUND'>;
/** Codes of ddi_intr_alloc(9F). */
export type IntrAllocError = DdiError<'DDI_EAGAIN' | 'DDI_EINVAL' | 'DDI_INTR_NOTFOUND'>;

const allocPage = 'ddi_intr_alloc.9f';
const nintrsPage = 'ddi_intr_get_nintrs.9f';
const typesPage = 'ddi_intr_get_supported_types.9f';

/**
 * The types of interrupts that the device and the platform both have.
 *
 * @param dip - the device
 * @returns `types`; `DDI_INTR_NOTFOUND` when the device has no interrupts
 * @remarks User and kernel context.
 * @see ddi_intr_get_supported_types(9F)
 */
export function ddi_intr_get_supported_types(
  dip: dev_info_t,
): Result<SupportedTypesOut, DdiError<'DDI_INTR_NOTFOUND'>> {
  const call = 'ddi_intr_get_supported_types';
  const rdip = enterDip(call, dip);
  notInInterrupt(rdip, call, `${typesPage}/CX-1`);
  const { fixed, msi, msix } = interruptsOf(rdip)?.unit.counts ?? { fixed: 0, msi: 0, msix: 0 };
  const types =
    (fixed > 0 ? DDI_INTR_TYPE_FIXED : 0) |
    (msi > 0 ? DDI_INTR_TYPE_MSI : 0) |
    (msix > 0 ? DDI_INTR_TYPE_MSIX : 0);
  if (types !== 0) return ok({ types });
  const message = 'the device has no interrupts';
  return err(ddiError('DDI_INTR_NOTFOUND', call, `${typesPage}/RV-1`, message));
}

/**
 * How many interrupts of a type the device has.
 *
 * @param dip - the device
 * @param type - `DDI_INTR_TYPE_FIXED`, `DDI_INTR_TYPE_MSI` or `DDI_INTR_TYPE_MSIX`
 * @returns `nintrs`; `DDI_INTR_NOTFOUND` when it has none, `DDI_EINVAL` for what is no type
 * @remarks User and kernel context.
 * @see ddi_intr_get_nintrs(9F)
 */
export function ddi_intr_get_nintrs(dip: dev_info_t, type: number): Result<NintrsOut, NintrsError> {
  const counted = count('ddi_intr_get_nintrs', dip, type);
  return counted.map(({ has }) => ({ nintrs: has }));
}

/**
 * How many interrupts of a type the device can get, those it has got already included.
 *
 * @param dip - the device
 * @param type - `DDI_INTR_TYPE_FIXED`, `DDI_INTR_TYPE_MSI` or `DDI_INTR_TYPE_MSIX`
 * @returns `navail`; `DDI_INTR_NOTFOUND` when there is none, `DDI_EINVAL` for what is no type
 * @remarks User and kernel context.
 * @see ddi_intr_get_navail(9F)
 */
export function ddi_intr_get_navail(dip: dev_info_t, type: number): Result<NavailOut, NintrsError> {
  const call = 'ddi_intr_get_navail';
  return count(call, dip, type).andThen(({ has, interrupts, kind, rdip }) => {
    const mine = interrupts.type === kind ? interrupts.handles.size : 0;
    const navail = kind === 'fixed' ? has : Math.min(has, mine + vectorsFree(rdip));
    if (navail > 0) return ok({ navail });
    return err(notFound(call, 'no vector is free', { type }));
  });
}

/**
 * Allocates interrupts of one type.
 *
 * @param dip - the device
 * @param type - `DDI_INTR_TYPE_FIXED`, `DDI_INTR_TYPE_MSI` or `DDI_INTR_TYPE_MSIX`
 * @param inum - the first one, from 0
 * @param count - how many; of MSI a power of two
 * @param behavior - `DDI_INTR_ALLOC_NORMAL`: as many as there are; `DDI_INTR_ALLOC_STRICT`: all
 * @returns `h_array`, a handle for each, and `actual`, their number; `DDI_EAGAIN` when vectors are
 * short (`out.actual` tells how many there are, unless a kernel does not), `DDI_INTR_NOTFOUND` when
 * the device has no such interrupt, `DDI_EINVAL` for everything else
 * @remarks Kernel context, outside interrupts.
 * @see ddi_intr_alloc(9F)
 */
export function ddi_intr_alloc(
  dip: dev_info_t,
  type: number,
  inum: number,
  count: number,
  behavior: number,
): Result<IntrAllocOut, IntrAllocError> {
  const call = 'ddi_intr_alloc';
  const rdip = enterDip(call, dip);
  notInInterrupt(rdip, call, `${allocPage}/CX-1`);
  const values = { type, inum, count, behavior };
  const bad = checkNumbers(call, rdip, values);
  if (bad !== null) return err(bad);
  const interrupts = interruptsOf(rdip);
  const kind = typeNamed(type);
  if (interrupts === null || kind === undefined || interrupts.unit.counts[kind] === 0) {
    return err(einval(call, `${allocPage}/RV-1`, `the device has no type ${type}`, values));
  }
  const sums = rdip.machine.rules.has('intr-msi-sum-power');
  const refused = refuse(call, interrupts, kind, sums, values);
  if (refused !== null) return err(refused);
  const got = grant(call, rdip, interrupts, kind, values);
  if (typeof got !== 'number') return err(got);
  interrupts.unit.use(kind);
  const handles: ddi_intr_handle_t[] = [];
  // PAGE-VS-CODE: the page's array has `count` places; the code begins at place `inum`.
  const first = rdip.machine.rules.has('intr-alloc-array-by-inum') ? inum : 0;
  for (let i = 0; i < got; i++) {
    handles[first + i] = new IntrHandle(interrupts, rdip, kind, inum + i);
  }
  return ok({ h_array: handles, actual: got });
}

/**
 * Gives an interrupt back; the handle is dead afterwards.
 *
 * @param h - a handle without a handler
 * @returns nothing; `DDI_EINVAL` when it still has a handler
 * @remarks Kernel context, outside interrupts.
 * @see ddi_intr_free(9F)
 */
export function ddi_intr_free(h: ddi_intr_handle_t | null): Result<void, Einval> {
  const call = 'ddi_intr_free';
  const handle = enterIntr(call, allocPage, h);
  if (!(handle instanceof IntrHandle)) return err(handle);
  notInInterrupt(handle.rdip, call, `${allocPage}/CX-1`);
  const wrong = outOfOrder(call, handle, 'ddi_intr_enable.9f/DS-2', 'allocated');
  if (wrong !== null) return err(wrong);
  handle.free();
  return ok();
}

/** The arguments of ddi_intr_alloc that are numbers. */
interface Asked {
  readonly type: number;
  readonly inum: number;
  readonly count: number;
  readonly behavior: number;
}

/** What is no number of interrupts, or no behaviour. */
function checkNumbers(call: string, rdip: DevInfo, asked: Asked): Einval | null {
  const clause = `${allocPage}/RV-1`;
  for (const [name, value] of Object.entries(asked) as [keyof Asked, number][]) {
    if (Number.isInteger(value)) continue;
    reportBad(rdip, call, clause, name, value, 'must be an integer');
    return einval(call, clause, `${name} is no integer`, { [name]: value });
  }
  const { inum, count: wanted, behavior } = asked;
  if (inum < 0) return einval(call, clause, 'inum is negative', { inum });
  if (wanted < 1) return einval(call, clause, 'count is less than 1', { count: wanted });
  if (behavior === DDI_INTR_ALLOC_NORMAL || behavior === DDI_INTR_ALLOC_STRICT) return null;
  return einval(call, clause, 'behavior is neither NORMAL nor STRICT', { behavior });
}

/** Why a request cannot be met, however many vectors are free. */
function refuse(
  call: string,
  interrupts: NodeInterrupts,
  kind: InterruptType,
  sums: boolean,
  { type, inum, count: wanted }: Asked,
): IntrAllocError | null {
  const no = (group: string, message: string): IntrAllocError =>
    einval(call, `${allocPage}/${group}`, message, { type, inum, count: wanted });
  const inUse = interrupts.type;
  if (inUse !== undefined && inUse !== kind) return no('RV-1', `type ${inUse} is in use`);
  const has = interrupts.unit.counts[kind];
  // ddi_intr_alloc(9F) AR-3: more than the device has is EINVAL, whatever the behaviour.
  if (wanted > has) return no('AR-3', `the device has ${has} interrupts of type ${kind}`);
  // PAGE-VS-CODE: the page asks count to be a power of two; the code asks it of the sum.
  const total = wanted + (sums ? interrupts.handles.size : 0);
  if (kind === 'msi' && (total & (total - 1)) !== 0) {
    return no('AR-2', `${total} is no power of two`);
  }
  if (inum + wanted > has) {
    return notFound(call, `the last interrupt is ${has - 1}`, { type, inum, count: wanted });
  }
  for (let i = inum; i < inum + wanted; i++) {
    if (interrupts.find(i) !== undefined) return no('RV-1', `interrupt ${i} is allocated already`);
  }
  return null;
}

/** How many are granted; the vectors are taken. */
function grant(
  call: string,
  rdip: DevInfo,
  interrupts: NodeInterrupts,
  kind: InterruptType,
  { inum, count: wanted, behavior }: Asked,
): number | IntrAllocError {
  if (kind === 'fixed') return wanted;
  const { budget, faults, rules } = rdip.machine;
  const free = faults.fails('interrupt vectors', false) ? 0 : vectorsFree(rdip);
  const some = Math.min(wanted, free);
  // A device is told the number of its MSI as a power of two.
  const got = kind === 'msi' && some > 0 ? 1 << (31 - Math.clz32(some)) : some;
  const enough = got === wanted || (behavior === DDI_INTR_ALLOC_NORMAL && got > 0);
  if (enough && budget.take('interrupt vectors', got)) return got;
  const message = `${free} vectors are free, ${wanted} were asked for`;
  const values = { inum, count: wanted, free };
  const clause = `${allocPage}/${behavior === DDI_INTR_ALLOC_STRICT ? 'FL-2' : 'FL-1'}`;
  const error = ddiError('DDI_EAGAIN', call, clause, message, values);
  // ddi_intr_alloc(9F) FL-2: how many there are is told even so; the code does not tell it.
  return rules.has('intr-strict-untold') ? error : { ...error, out: { actual: got } };
}

function vectorsFree({ machine: { budget } }: DevInfo): number {
  return Math.max(0, budget.limit('interrupt vectors') - budget.used('interrupt vectors'));
}

/** How many interrupts of a type there are, and where. */
interface Counted {
  readonly has: number;
  readonly kind: InterruptType;
  readonly interrupts: NodeInterrupts;
  readonly rdip: DevInfo;
}

function count(call: string, dip: dev_info_t, type: number): Result<Counted, NintrsError> {
  const rdip = enterDip(call, dip);
  notInInterrupt(rdip, call, `${nintrsPage}/CX-1`);
  const kind = typeNamed(type);
  if (kind === undefined) {
    const clause = `${nintrsPage}/RV-1`;
    if (!Number.isInteger(type)) reportBad(rdip, call, clause, 'type', type, 'must be an integer');
    return err(einval(call, clause, 'type is no type of interrupt', { type }));
  }
  const interrupts = interruptsOf(rdip);
  const has = interrupts?.unit.counts[kind] ?? 0;
  if (interrupts !== null && has > 0) return ok({ has, kind, interrupts, rdip });
  const message = `the device has no interrupts of type ${kind}`;
  // PAGE-VS-CODE: the page has NOTFOUND; the code takes the type for a wrong argument.
  if (rdip.machine.rules.has('intr-nintrs-einval')) {
    return err(einval(call, `${nintrsPage}/RV-2`, message, { type }));
  }
  return err(ddiError('DDI_INTR_NOTFOUND', call, `${nintrsPage}/RV-2`, message, { type }));
}

function notFound(call: string, message: string, values: object): DdiError<'DDI_INTR_NOTFOUND'> {
  const page = call === 'ddi_intr_alloc' ? `${allocPage}/RV-1` : `${nintrsPage}/RV-2`;
  return ddiError('DDI_INTR_NOTFOUND', call, page, message, { ...values });
}
