/** Memory as bytes: only where nothing swaps, only inside, only until the function returns. */
import { describe, expect, it } from 'vitest';
import * as ddi from '../../src/index.js';
import { anyAttr } from '../support/attr.js';
import { faultRig, mapped } from '../support/fault-rig.js';
import { bareSystem } from '../support/system.js';

function memory(endian: number = ddi.DDI_NEVERSWAP_ACC) {
  const { machine, dip } = bareSystem({ store: 4 << 20 });
  const { handle } = ddi.must(ddi.ddi_dma_alloc_handle(dip, anyAttr(), ddi.DDI_DMA_DONTWAIT));
  const acc = {
    devacc_attr_version: 1,
    devacc_attr_endian_flags: endian,
    devacc_attr_dataorder: 0,
  };
  const flags = ddi.DDI_DMA_CONSISTENT;
  const mem = ddi.must(ddi.ddi_dma_mem_alloc(handle, 64, acc, flags, ddi.DDI_DMA_DONTWAIT));
  return { machine, mem, rules: () => machine.findings.map((f) => f.rule) };
}

describe('withBytes', () => {
  it('what is written is what accessors read', () => {
    const { mem, rules } = memory();
    const answer = ddi.withBytes(mem.handle, 4, 3, 'w', (bytes) => {
      bytes.set([1, 2, 3]);
      return bytes.length;
    });
    expect(answer).toBe(3);
    expect([3, 4, 5].map((i) => ddi.ddi_get8(mem.handle, mem.kaddr + 1 + i))).toEqual([1, 2, 3]);
    expect(rules()).toEqual([]);
  });

  it('a reader gets a copy', () => {
    const { mem } = memory();
    ddi.ddi_put8(mem.handle, mem.kaddr, 7);
    const seen = ddi.withBytes(mem.handle, 0, 1, 'r', (bytes) => {
      const [first] = bytes;
      bytes.fill(9);
      return first;
    });
    expect(seen).toBe(7);
    expect(ddi.ddi_get8(mem.handle, mem.kaddr)).toBe(7);
  });

  it('the brackets are in the trace', () => {
    const events: string[] = [];
    const { machine, mem } = memory();
    const before = machine.traceHash();
    machine.observe({
      event: (e) => {
        if (e.kind === 'call' || e.kind === 'return') events.push(`${e.kind} ${e.name}`);
      },
    });
    ddi.withBytes(mem.handle, 0, 8, 'r', () => {
      events.push('fn');
    });
    expect(events).toEqual(['call withBytes', 'fn', 'return withBytes']);
    expect(machine.traceHash()).not.toBe(before);
  });

  it.each([
    ['off', -1, 4, 'BAD_ARGUMENT'],
    ['off', 1.5, 4, 'BAD_ARGUMENT'],
    ['len', 0, Number.NaN, 'BAD_ARGUMENT'],
    ['len', 0, -4, 'BAD_ARGUMENT'],
    ['range', 60, 5, 'ACC_RANGE'],
    ['range', 65, 0, 'ACC_RANGE'],
  ])('a wrong %s is reported, and nothing is called', (_what, off, len, rule) => {
    const { mem, rules } = memory();
    let called = false;
    const answer = ddi.withBytes(mem.handle, off, len, 'w', () => {
      called = true;
      return 1;
    });
    expect([answer, called, rules()]).toEqual([undefined, false, [rule]]);
  });

  it.each([ddi.DDI_STRUCTURE_LE_ACC, ddi.DDI_STRUCTURE_BE_ACC])(
    'byte order %s has accessors and no bytes',
    (endian) => {
      const { mem, rules } = memory(endian);
      expect(ddi.withBytes(mem.handle, 0, 4, 'r', () => 1)).toBeUndefined();
      expect(rules()).toEqual(['BYTES_SWAPPED']);
    },
  );

  it('a mode that is none is reported', () => {
    const { mem, rules } = memory();
    expect(ddi.withBytes(mem.handle, 0, 4, 'rw' as 'r', () => 1)).toBeUndefined();
    expect(rules()).toEqual(['BAD_ARGUMENT']);
  });

  it('memory that was freed has no bytes', () => {
    const { mem, rules } = memory();
    ddi.ddi_dma_mem_free(mem.handle);
    expect(ddi.withBytes(mem.handle, 0, 4, 'r', () => 1)).toBeUndefined();
    expect(rules()).toEqual(['USE_AFTER_FREE']);
  });

  it('registers have no bytes', async () => {
    const rig = await faultRig();
    const { handle } = mapped(rig, ddi.DDI_DEFAULT_ACC, ddi.DDI_NEVERSWAP_ACC);
    expect(ddi.withBytes(handle, 0, 4, 'r', () => 1)).toBeUndefined();
    expect(rig.machine.findings.map((f) => f.rule)).toEqual(['ACC_RANGE']);
  });

  it('a function that waits keeps what is not its own any more', async () => {
    const { mem, rules } = memory();
    await ddi.withBytes(mem.handle, 0, 4, 'w', () => Promise.resolve());
    expect(rules()).toEqual(['BYTES_KEPT']);
  });
});
