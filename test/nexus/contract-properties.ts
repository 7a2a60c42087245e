/**
 * What the pages promise of a bind, as properties of one case on one machine. A property throws
 * where it does not hold; contract.property.test.ts asks for all of them, and shows that machines
 * with quirks do not have them.
 */
import {
  ddi_dma_addr_bind_handle,
  ddi_dma_getwin,
  ddi_dma_numwin,
  ddi_dma_sync,
  ddi_dma_unbind_handle,
  DDI_DMA_DONTWAIT,
  DDI_DMA_PARTIAL,
  DDI_DMA_PARTIAL_MAP,
  DDI_DMA_READ,
  DDI_DMA_SYNC_FORCPU,
  DDI_DMA_SYNC_FORDEV,
  DDI_DMA_WRITE,
  must,
  type ddi_dma_handle_t,
} from 'ddi-dma';
import type { Result } from 'neverthrow';
import { expect } from 'vitest';
import { bindingFaults, type SeenWindow, stretches } from '../model/naive-binding.js';
import { isInTheWay, ownWindows, refusable } from '../model/naive-windows.js';
import type { BindCase } from '../support/any-bind.js';
import { type BindRig, telling } from '../support/bind-rig.js';

/** A property of a case, which is in place on the machine. */
export type BindProperty = (rig: BindRig, c: BindCase) => void;

/** A binding. */
export interface Bound {
  readonly handle: ddi_dma_handle_t;
  readonly rval: 0 | 1;
}

/** A bind that succeeds, or `null`; the others are for other properties. */
export function bound(rig: BindRig, c: BindCase): Bound | null {
  const handle = rig.alloc(c);
  if (handle === null) return null;
  const result = rig.bind(handle, c);
  return result.isErr() ? null : { handle, rval: result.value.rval };
}

/** The case with a direction added, unless it names none. */
function withDirection(c: BindCase, direction: number): BindCase {
  return (c.flags & 3) === 0 ? c : { ...c, flags: c.flags | direction };
}

/** Window bytes that are compared one by one, at most. */
const mostCompared = 2 ** 25;

/** The properties, by name. */
export const bindProperties: Readonly<Record<string, BindProperty>> = {
  'its cookies and windows satisfy every attribute and tile the object': (rig, c) => {
    const b = bound(rig, c);
    if (b === null) return;
    const seen = rig.look(b.handle, c, b.rval);
    expect(bindingFaults(seen).slice(0, 3)).toEqual([]);
    // ddi_dma_addr_bind_handle(9F) RV-3.
    if (seen.partial) expect(c.flags & DDI_DMA_PARTIAL).not.toBe(0);
  },

  'it uses the object’s own frames wherever they admit a legal list': (rig, c) => {
    const handle = rig.alloc(c);
    if (handle === null) return;
    const windows = ownWindows(c.attr, rig.object);
    if (windows === 0) return;
    const result = rig.bind(handle, c);
    if (windows > 1 && (c.flags & DDI_DMA_PARTIAL) === 0) {
      expect(result.isErr() && result.error.name).toBe('DDI_DMA_TOOBIG');
      return;
    }
    expect(result.isErr() ? result.error.message : 'bound').toBe('bound');
    const rval = result.isOk() ? result.value.rval : 0;
    const seen = rig.look(handle, c, rval);
    expect(seen.windows).toHaveLength(windows);
    for (const window of seen.windows) {
      const strange = stretches(rig.object, window).filter(({ own }) => !own);
      expect(strange.slice(0, 3)).toEqual([]);
    }
  },

  'it refuses only what cannot be': (rig, c) => {
    const handle = rig.alloc(c);
    if (handle === null) return;
    const result = rig.bind(handle, { ...c, flags: c.flags | DDI_DMA_PARTIAL });
    if (result.isOk()) return;
    const { name } = result.error;
    expect(['DDI_DMA_NOMAPPING', 'DDI_DMA_NORESOURCES']).toContain(name);
    const reasons = refusable(c.attr, rig.object, rig.installed);
    expect(reasons.length > 0 ? 'cannot be' : result.error.message).toBe('cannot be');
    // ddi_dma_addr_bind_handle(9F) RV-5: at present, so somebody else has what is needed.
    const taken = isInTheWay(c.attr, rig.object, rig.installed);
    if (name === 'DDI_DMA_NORESOURCES')
      expect(taken ? 'at present' : 'for ever').toBe('at present');
  },

  'it and the unbind leave nothing behind': (rig, c) => {
    const before = rig.snapshot();
    const handle = rig.alloc(c);
    if (handle !== null) {
      const result = rig.bind(handle, { ...c, flags: (c.flags & ~3) | DDI_DMA_WRITE });
      if (result.isOk()) must(ddi_dma_unbind_handle(handle));
      rig.free(handle);
    }
    expect(rig.disturbed(before)).toEqual([]);
  },

  'the device writes through all windows, and each byte arrives where it belongs': (rig, c) => {
    const b = bound(rig, withDirection(c, DDI_DMA_READ));
    if (b === null) return;
    const { windows } = rig.look(b.handle, c, b.rval);
    if (windows.length * c.len > mostCompared) return;
    const before = rig.snapshot();
    const bounce = rig.bouncePages(b.handle);
    const expected = new Uint8Array(c.len);
    // Any order: from the middle on, or backwards.
    const order = windows.map((_, i) => (i + c.seed) % windows.length);
    if (c.seed % 3 === 0) order.reverse();
    for (const i of order) {
      const window = windows[i];
      if (window === undefined) throw new Error('no window');
      if (b.rval === DDI_DMA_PARTIAL_MAP) must(ddi_dma_getwin(b.handle, i));
      rig.deviceWrites(window, i + 1);
      const from = Number(window.off);
      const to = from + Number(window.len);
      for (let at = from; at < to; at++) expected[at] = telling(at, i + 1);
      if (c.seed % 2 === 0) continue;
      must(ddi_dma_sync(b.handle, from, to - from, DDI_DMA_SYNC_FORCPU));
      expect(Buffer.compare(rig.cpu().subarray(from, to), expected.subarray(from, to))).toBe(0);
    }
    must(ddi_dma_unbind_handle(b.handle));
    expect(rig.cpu().findIndex((byte, i) => byte !== expected[i])).toBe(-1);
    rig.accept(before);
    expect(rig.changed(before, bounce)).toBe(-1);
  },

  'the device reads through all windows what the CPU wrote': (rig, c) => {
    const b = bound(rig, withDirection(c, DDI_DMA_WRITE));
    if (b === null) return;
    const sees = (window: SeenWindow, salt: number): boolean => {
      const from = Number(window.off);
      const wrote = rig.pattern(salt).subarray(from, from + Number(window.len));
      return Buffer.compare(rig.deviceReads(window), wrote) === 0;
    };
    const first = rig.current(b.handle, b.rval);
    // ddi_dma_sync(9F) DS-4: binding synchronises.
    expect(sees(first, 0)).toBe(true);
    rig.fill(1);
    must(ddi_dma_sync(b.handle, 0, Number(first.len), DDI_DMA_SYNC_FORDEV));
    expect(sees(first, 1)).toBe(true);
    if (b.rval !== DDI_DMA_PARTIAL_MAP) return;
    const { nwin } = must(ddi_dma_numwin(b.handle));
    for (let i = 1; i < nwin; i++) expect(sees(rig.window(b.handle, i), 1)).toBe(true);
  },

  'a bind that fails changes nothing': (rig, c) => {
    const handle = rig.alloc(c);
    if (handle === null) return;
    const before = rig.snapshot();
    const result = rig.bind(handle, c);
    if (result.isErr()) expect(rig.disturbed(before)).toEqual([]);
  },

  'any other call that fails changes nothing': (rig, c) => {
    const b = bound(rig, { ...c, flags: (c.flags & ~3) | DDI_DMA_WRITE });
    if (b === null) return;
    const { handle } = b;
    const { va } = rig.object;
    const number = ddi_dma_numwin(handle);
    expect(number.isOk()).toBe(b.rval === DDI_DMA_PARTIAL_MAP);
    const nwin = number.isOk() ? number.value.nwin : 0;
    rig.fill(1);
    const before = rig.snapshot();
    const shown = rig.current(handle, b.rval);
    allFail([
      ddi_dma_addr_bind_handle(handle, null, va, 1, DDI_DMA_READ, DDI_DMA_DONTWAIT),
      ddi_dma_getwin(handle, nwin),
      ddi_dma_getwin(handle, 2 ** 32 - 1),
      ddi_dma_sync(handle, c.len, 1, DDI_DMA_SYNC_FORCPU),
      ddi_dma_sync(handle, 0, c.len + 1, DDI_DMA_SYNC_FORDEV),
      ddi_dma_sync(handle, c.len - 1, 2, DDI_DMA_SYNC_FORCPU),
      ddi_dma_sync(handle, 0, 0, 3),
    ]);
    expect(rig.disturbed(before)).toEqual([]);
    expect(rig.current(handle, b.rval)).toEqual(shown);
    must(ddi_dma_unbind_handle(handle));
    // Bound for the device to read, an unbind brings nothing back.
    expect(Buffer.compare(rig.cpu(), rig.pattern(1))).toBe(0);
    const after = rig.snapshot();
    allFail([
      ddi_dma_unbind_handle(handle),
      ddi_dma_numwin(handle),
      ddi_dma_getwin(handle, 0),
      ddi_dma_sync(handle, 0, 0, DDI_DMA_SYNC_FORCPU),
    ]);
    expect(rig.disturbed(after)).toEqual([]);
  },
};

function allFail(results: readonly Result<unknown, { readonly name: string }>[]): void {
  expect(results.map((r) => (r.isErr() ? r.error.name : 'success'))).not.toContain('success');
}
