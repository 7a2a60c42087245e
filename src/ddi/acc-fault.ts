/** What an access to registers does when they are not there, or must not be touched now. */
import type { RegisterSpace } from '../machine/device.js';
import { Mutex } from '../machine/mutex.js';
import { pageBytes } from '../machine/store.js';
import type { AccHandle } from '../nexus/acc-handle.js';
import { accessFault, type FaultedAccess } from '../nexus/fm-errors.js';
import { IblockCookie } from '../nexus/intr.js';

/**
 * Whether the device answers; what follows when it does not has happened.
 *
 * @param h - a handle on registers
 * @param space - they
 * @param off - first byte in them
 * @param width - bytes of this access
 * @param access - what the driver asked for
 */
export function isAnswered(
  h: AccHandle,
  space: RegisterSpace,
  off: number,
  width: number,
  access: FaultedAccess,
): boolean {
  const { machine } = h.rdip;
  trapWithoutAccessor(h, access.addr, access.call);
  // ddi_check_acc_handle(9F) DS-3: after a fault nothing is promised until it is cleared.
  if (h.faults.error !== null && !machine.rules.has('faulted-handle-works')) return false;
  if (!machine.hardware.meetsRegister(space, off, width)) return true;
  accessFault(h, access);
  return false;
}

/**
 * Whether there is anything at an address that a handle was not made for.
 *
 * @param h - freed, or too short
 * @param addr - the address
 * @param width - bytes
 */
export function stillReaches(h: AccHandle, addr: number, width: number): boolean {
  const { machine } = h.rdip;
  if (h.target.kind === 'memory') return machine.pages.mapped(addr, width);
  // Registers are mapped by the page, and unmapped when the handle is freed.
  const { offset } = h.target;
  const off = addr - h.start + offset;
  const end = Math.ceil((offset + h.lenBytes) / pageBytes) * pageBytes;
  return !h.freed && off >= offset - (offset % pageBytes) && off + width <= end;
}

/** Touches an address at which nothing is mapped. */
export function trapUnmapped(h: AccHandle, addr: number, call: string): never {
  const values = { dev_addr: addr, handle: h.id };
  const message = `${call}: bad trap: nothing is mapped at 0x${addr.toString(16)}`;
  return h.rdip.machine.panic(message, values, 'ddi_get8.9f/AR-2');
}

/** Jumps to nowhere, where a kernel has left a handle without accessors. */
export function trapWithoutAccessor(h: AccHandle, addr: number, call: string): void {
  if (h.protection !== 'none') return;
  const values = { dev_addr: addr, handle: h.id };
  const clause = 'ddi_device_acc_attr.9s/AC-1';
  h.rdip.machine.panic(`${call}: bad trap: the handle has no accessor`, values, clause);
}

/** Reports a lock of the error handler that is held while registers are accessed. */
export function reportHeldLock(h: AccHandle, call: string): void {
  const { machine } = h.rdip;
  for (const lock of machine.sched.current.holds) {
    if (!(lock instanceof Mutex) || lock.reported) continue;
    if (!(lock.cookie instanceof IblockCookie && lock.cookie.forErrors)) continue;
    lock.reported = true;
    machine.report({
      rule: 'ERROR_LOCK_HELD',
      // ddi_fm_handler_register(9F) LK-2: an error here calls the handler, which takes the lock.
      clause: 'ddi_fm_handler_register.9f/LK-2',
      message: `mutex "${lock.name}" of the error handler is held during an access to registers`,
      call,
      values: { mutex: lock.name, handle: h.id },
    });
  }
}
