/** Commands of the list disk's driver: from a buf to the device, and back. */
import { ddi_get32, ddi_put32, ddi_put64 } from '../ddi/acc.js';
import { bioerror } from '../ddi/buf.js';
import { ddi_dma_unbind_handle } from '../ddi/dma-bind.js';
import { ddi_dma_buf_bind_handle } from '../ddi/dma-buf-bind.js';
import { ddi_dma_cookie_iter } from '../ddi/dma-cookie.js';
import { ddi_dma_sync } from '../ddi/dma-sync.js';
import { ddi_dma_getwin, ddi_dma_numwin } from '../ddi/dma-win.js';
import { ddi_intr_trigger_softint } from '../ddi/softint.js';
import {
  DDI_DMA_CALLBACK_DONE,
  DDI_DMA_PARTIAL,
  DDI_DMA_PARTIAL_MAP,
  DDI_DMA_READ,
  DDI_DMA_STREAMING,
  DDI_DMA_SYNC_FORCPU,
  DDI_DMA_SYNC_FORDEV,
  DDI_DMA_SYNC_FORKERNEL,
  DDI_DMA_WRITE,
} from '../sys/constants.js';
import { B_READ, EIO } from '../sys/constants-io.js';
import { discard } from '../sys/result.js';
import type { buf_t } from '../sys/types-io.js';
import * as reg from './listdisk-reg.js';
import type { listdisk_t, slot_t } from './listdisk-impl.js';

/** Clock ticks a command may take. */
const COMMAND_TICKS = 3;
/** Bits of an identifier that number the slot; the others count its uses. */
const SLOT_BITS = 6;
/** Slots there can be. */
export const SLOT_MAX = 1 << SLOT_BITS;

function identifierOf({ index, generation }: slot_t): number {
  return ((generation << SLOT_BITS) | index) & 0xffff;
}

function reads(bp: buf_t): boolean {
  return (bp.b_flags & B_READ) !== 0;
}

/**
 * Gives bufs that wait to free slots. The lock is held.
 *
 * @param sc - the instance
 */
export function listdisk_start(sc: listdisk_t): void {
  while (!sc.starved) {
    const [next] = sc.waitq;
    const slot = sc.slots.find((s) => s.bp === null);
    if (next === undefined || slot === undefined) return;
    const { bp } = next;
    const direction = reads(bp) ? DDI_DMA_READ : DDI_DMA_WRITE;
    const flags = direction | DDI_DMA_STREAMING | DDI_DMA_PARTIAL;
    const bind = ddi_dma_buf_bind_handle(slot.dma_hdl, bp, flags, listdisk_resources, sc);
    if (bind.isErr() && bind.error.name === 'DDI_DMA_NORESOURCES') {
      sc.starved = true;
      sc.stats.waits++;
      return;
    }
    sc.waitq.shift();
    if (bind.isErr()) {
      listdisk_end(sc, bp, bp.b_bcount);
      continue;
    }
    slot.bp = bp;
    slot.generation++;
    slot.done = 0;
    sc.tries[slot.index] = next.tries;
    const partial = bind.value.rval === DDI_DMA_PARTIAL_MAP;
    const numwin = partial ? ddi_dma_numwin(slot.dma_hdl) : null;
    slot.windows = numwin?.isOk() === true ? numwin.value.nwin : 1;
    // ddi_dma_addr_bind_handle(9F) RV-2: the first window is current; MAPPED has no other.
    if (!enterWindow(slot, 0, partial)) listdisk_finish(sc, slot, false);
    else listdisk_issue(sc, slot);
  }
}

/** Resources are there again: a callback may not wait for a lock, so somebody else starts. */
function listdisk_resources(sc: listdisk_t): number {
  sc.starved = false;
  discard(ddi_intr_trigger_softint(sc.soft, null));
  return DDI_DMA_CALLBACK_DONE;
}

/** Makes a window current. */
function enterWindow(slot: slot_t, window: number, partial: boolean): boolean {
  slot.window = window;
  slot.window_off = 0;
  slot.window_len = slot.bp?.b_bcount ?? 0;
  slot.window_done = 0;
  if (!partial) return true;
  const won = ddi_dma_getwin(slot.dma_hdl, window);
  if (won.isErr()) return false;
  slot.window_off = won.value.off;
  slot.window_len = won.value.len;
  return true;
}

/** Sends the next part of the current window. */
function listdisk_issue(sc: listdisk_t, slot: slot_t): void {
  const { bp } = slot;
  if (bp === null) return;
  const list = pagesOf(sc, slot);
  const room = (sc.sq_tail + 1) % sc.queue_size !== sc.sq_head;
  if (list === null || !room) {
    // The queue has a place for every slot, so room is never what is missing.
    listdisk_finish(sc, slot, false);
    return;
  }
  const at = slot.window_off + slot.window_done;
  slot.command_len = list.bytes;
  slot.deadline = sc.kernel.ddi_get_lbolt() + COMMAND_TICKS;
  const { acc_hdl, mem_va, dma_hdl } = sc.sq;
  const off = sc.sq_tail * reg.LD_CMD_BYTES;
  const cmd = mem_va + off;
  for (let i = 0; i < reg.LD_CMD_BYTES; i += 4) ddi_put32(acc_hdl, cmd + i, 0);
  const op = reads(bp) ? reg.LD_OP_READ : reg.LD_OP_WRITE;
  ddi_put32(acc_hdl, cmd + reg.LD_CMD_OPCODE, (op | (identifierOf(slot) << 16)) >>> 0);
  ddi_put32(acc_hdl, cmd + reg.LD_CMD_BLOCKS, list.bytes / sc.block_bytes);
  const first = (bp.b_lblkno * 512 + at) / sc.block_bytes;
  ddi_put64(acc_hdl, cmd + reg.LD_CMD_FIRST, BigInt(first));
  ddi_put64(acc_hdl, cmd + reg.LD_CMD_POINTER1, list.pointer1);
  ddi_put64(acc_hdl, cmd + reg.LD_CMD_POINTER2, list.pointer2);
  if (!reads(bp)) discard(ddi_dma_sync(slot.dma_hdl, at, list.bytes, DDI_DMA_SYNC_FORDEV));
  // The command before its doorbell.
  discard(ddi_dma_sync(dma_hdl, off, reg.LD_CMD_BYTES, DDI_DMA_SYNC_FORDEV));
  sc.sq_tail = (sc.sq_tail + 1) % sc.queue_size;
  ddi_put32(sc.regs_hdl, sc.regs + reg.LD_SQ_TAIL, sc.sq_tail);
}

/** What a command says of its data. */
interface pages_t {
  readonly bytes: number;
  readonly pointer1: bigint;
  readonly pointer2: bigint;
}

/**
 * Names the next bytes of the window as the device wants them: the first piece may begin anywhere
 * in its page, every other begins a page, and only the last may end before its page does. Cookies
 * that are otherwise end the command, and the next one goes on.
 *
 * @returns `null` when not even one block can be named
 */
function pagesOf(sc: listdisk_t, slot: slot_t): pages_t | null {
  const page = BigInt(reg.LD_PAGE);
  const addresses: bigint[] = [];
  let bytes = 0;
  let skip = slot.window_done;
  for (
    let c = ddi_dma_cookie_iter(slot.dma_hdl, null);
    c !== null && bytes < sc.max_bytes;
    c = ddi_dma_cookie_iter(slot.dma_hdl, c)
  ) {
    if (skip >= c.dmac_size) {
      skip -= c.dmac_size;
      continue;
    }
    const address = c.dmac_laddress + BigInt(skip);
    const len = Math.min(c.dmac_size - skip, sc.max_bytes - bytes);
    skip = 0;
    const begins = address % page;
    if (addresses.length === 0 ? address % 4n !== 0n : begins !== 0n) break;
    addresses.push(address);
    bytes += len;
    if ((begins + BigInt(len)) % page !== 0n) break;
  }
  const whole = bytes - (bytes % sc.block_bytes);
  if (whole === 0) return null;
  const [pointer1 = 0n, ...others] = addresses;
  const rest = others.slice(0, pagesAfter(pointer1, whole));
  return { bytes: whole, pointer1, pointer2: listOf(sc, slot, rest) };
}

/** Pages behind the first that so many bytes need. */
function pagesAfter(first: bigint, bytes: number): number {
  const head = reg.LD_PAGE - Number(first % BigInt(reg.LD_PAGE));
  return bytes <= head ? 0 : Math.ceil((bytes - head) / reg.LD_PAGE);
}

/** The second pointer: nothing, a page, or a list of pages in the memory of the slot. */
function listOf(sc: listdisk_t, slot: slot_t, pages: readonly bigint[]): bigint {
  if (pages.length < 2) return pages[0] ?? 0n;
  const { acc_hdl, mem_va, dma_hdl, laddress } = sc.lists;
  const off = slot.index * reg.LD_PAGE;
  pages.forEach((address, i) => {
    ddi_put64(acc_hdl, mem_va + off + i * reg.LD_ENTRY_BYTES, address);
  });
  discard(ddi_dma_sync(dma_hdl, off, pages.length * reg.LD_ENTRY_BYTES, DDI_DMA_SYNC_FORDEV));
  return laddress + BigInt(off);
}

/**
 * Takes completions. The lock is held.
 *
 * @param sc - the instance
 * @returns how many there were
 */
export function listdisk_reap(sc: listdisk_t): number {
  const { acc_hdl, mem_va, dma_hdl } = sc.cq;
  let taken = 0;
  for (; taken < sc.queue_size; taken++) {
    const off = sc.cq_head * reg.LD_CPL_BYTES;
    discard(ddi_dma_sync(dma_hdl, off, reg.LD_CPL_BYTES, DDI_DMA_SYNC_FORKERNEL));
    const word = ddi_get32(acc_hdl, mem_va + off + reg.LD_CPL_STATUS);
    if (((word & reg.LD_PHASE) !== 0 ? 1 : 0) !== sc.phase) break;
    const moved = ddi_get32(acc_hdl, mem_va + off + reg.LD_CPL_MOVED);
    const head = ddi_get32(acc_hdl, mem_va + off + reg.LD_CPL_SQ_HEAD);
    if (head < sc.queue_size) sc.sq_head = head;
    sc.cq_head = (sc.cq_head + 1) % sc.queue_size;
    if (sc.cq_head === 0) sc.phase = sc.phase === 1 ? 0 : 1;
    completed(sc, word & 0xffff, word >>> reg.LD_STATUS_SHIFT, moved);
  }
  if (taken > 0) ddi_put32(sc.regs_hdl, sc.regs + reg.LD_CQ_HEAD, sc.cq_head);
  return taken;
}

function completed(sc: listdisk_t, identifier: number, status: number, moved: number): void {
  const slot = sc.slots[identifier & (SLOT_MAX - 1)];
  // What a device writes is not to be believed: it may name a command that nobody has sent.
  if (slot === undefined || slot.bp === null || identifierOf(slot) !== identifier) {
    sc.stats.strays++;
    return;
  }
  sc.stats.commands++;
  const { bp } = slot;
  const at = slot.window_off + slot.window_done;
  if (status !== 0 || moved !== slot.command_len) {
    listdisk_finish(sc, slot, false);
    return;
  }
  if (reads(bp)) discard(ddi_dma_sync(slot.dma_hdl, at, moved, DDI_DMA_SYNC_FORCPU));
  slot.done += moved;
  slot.window_done += moved;
  const more = slot.window + 1 < slot.windows;
  // Another use of the slot is another identifier, so that a second completion hits nothing.
  slot.generation++;
  if (slot.window_done < slot.window_len) listdisk_issue(sc, slot);
  else if (!more) listdisk_finish(sc, slot, true);
  else if (enterWindow(slot, slot.window + 1, true)) listdisk_issue(sc, slot);
  else listdisk_finish(sc, slot, false);
}

/** Ends the buf of a slot; whoever holds the lock tells its owner afterwards. */
function listdisk_finish(sc: listdisk_t, slot: slot_t, well: boolean): void {
  const bp = listdisk_release(slot);
  if (bp !== null) listdisk_end(sc, bp, well ? 0 : bp.b_bcount - slot.done);
}

/**
 * Frees a slot.
 *
 * @param slot - a slot that is in use or not
 * @returns its buf
 */
export function listdisk_release(slot: slot_t): buf_t | null {
  const { bp } = slot;
  if (bp === null) return null;
  discard(ddi_dma_unbind_handle(slot.dma_hdl));
  slot.bp = null;
  return bp;
}

/**
 * Notes the end of a buf.
 *
 * @param sc - the instance
 * @param bp - the buf
 * @param resid - bytes that were not moved; not 0: an error
 */
export function listdisk_end(sc: listdisk_t, bp: buf_t, resid: number): void {
  bp.b_resid = resid;
  if (resid !== 0) bioerror(bp, EIO);
  sc.ended.push(bp);
}
