/** Checks of ddi_dev_nregs(9F), ddi_dev_regsize(9F) and ddi_map_regs(9F). */
import { clause, type ClauseCheck } from '../clause.js';
import { endianRow, registerBytes } from '../endian.js';
import { inEveryContext, misuse } from '../stock.js';
import type { Sut, System } from '../sut.js';
import { bad, good, same, that } from '../that.js';

function nregs(sut: Sut): number {
  return good(sut.ddi.ddi_dev_nregs(sut.dip()), 'ddi_dev_nregs').result;
}

function regsize(sut: Sut, rnumber: number): number {
  return good(sut.ddi.ddi_dev_regsize(sut.dip(), rnumber), `ddi_dev_regsize of ${rnumber}`).result;
}

function map(sut: Sut, offset: number, len: number) {
  return sut.ddi.ddi_map_regs(sut.dip(), 1, offset, len);
}

const isContract = ({ kernel }: System): boolean => kernel === 'contract';

/** The checks. */
export const devRegsChecks: readonly ClauseCheck[] = [
  clause('ddi_dev_nregs.9f/DS-1', {}, (sut) => {
    same(nregs(sut), sut.device.registerSets, 'the number of register sets');
    same(nregs(sut), sut.device.reg.length, 'the number of tuples');
  }),
  clause('ddi_dev_nregs.9f/RV-1', {}, (sut) => {
    const last = nregs(sut) - 1;
    good(sut.ddi.ddi_dev_regsize(sut.dip(), last), 'ddi_dev_regsize of the last set');
    const beyond = sut.ddi.ddi_dev_regsize(sut.dip(), last + 1);
    bad(beyond, 'DDI_FAILURE', 'ddi_dev_regsize of one more');
  }),
  clause('ddi_dev_nregs.9f/RV-2', {}, (sut) => {
    good(sut.ddi.ddi_dev_nregs(sut.dip()), 'ddi_dev_nregs of a device with registers');
    bad(sut.ddi.ddi_dev_nregs(sut.bareDip()), 'DDI_FAILURE', 'ddi_dev_nregs of one without');
  }),
  clause('ddi_dev_nregs.9f/CX-1', {}, async (sut) => {
    await inEveryContext(sut, 'ddi_dev_nregs', () => {
      same(nregs(sut), sut.device.registerSets, 'the number of register sets');
    });
  }),

  clause('ddi_dev_regsize.9f/DS-1', {}, (sut) => {
    for (let rnumber = 0; rnumber < sut.device.registerSets; rnumber++) {
      same(regsize(sut, rnumber), sut.device.sizeOf(rnumber), `the size of set ${rnumber}`);
    }
  }),
  clause('ddi_dev_regsize.9f/RV-1', {}, (sut) => {
    same(regsize(sut, 1), sut.device.sizeOf(1), 'the size of set 1');
    same(regsize(sut, 2), sut.device.sizeOf(2), 'the size of set 2');
  }),
  clause('ddi_dev_regsize.9f/RV-2', {}, (sut) => {
    for (const [dip, rnumber] of [
      [sut.dip(), sut.device.registerSets],
      [sut.bareDip(), 0],
    ] as const) {
      bad(sut.ddi.ddi_dev_regsize(dip, rnumber), 'DDI_FAILURE', 'a set there is not');
    }
    good(sut.ddi.ddi_dev_regsize(sut.dip(), 1), 'a set there is');
  }),
  clause('ddi_dev_regsize.9f/CX-1', {}, async (sut) => {
    await inEveryContext(sut, 'ddi_dev_regsize', () => {
      same(regsize(sut, 2), sut.device.sizeOf(2), 'the size of set 2');
    });
  }),

  clause('ddi_map_regs.9f/DS-1', { on: isContract }, (sut) => {
    const { kaddr } = good(map(sut, 16, 0), 'ddi_map_regs');
    sut.device.fill(1, 16, registerBytes);
    const seen = good(sut.ddi.ddi_peek32(sut.dip(), kaddr), 'ddi_peek32').value;
    same(BigInt(seen), endianRow(sut.endian)[32], 'the registers at the address');
    refusesParts(sut);
  }),
  clause('ddi_map_regs.9f/DS-1', { on: (system) => !isContract(system) }, (sut) => {
    // A PCI nexus of these kernels refuses to peek: what is at the address cannot be seen.
    refusesParts(sut);
    const whole = good(map(sut, 0, 0), 'ddi_map_regs').kaddr;
    that(whole !== good(map(sut, 8, 0), 'ddi_map_regs').kaddr, 'two mappings are two addresses');
  }),
  clause(
    'ddi_map_regs.9f/DS-2',
    { cases: ['offset', 'len', 'rnumber', 'twice'] },
    async (sut, kase) => {
      const { kaddr } = good(map(sut, 8, 16), 'ddi_map_regs');
      const off = kase === 'offset' ? 0 : 8;
      const len = kase === 'len' ? 8 : 16;
      const rnumber = kase === 'rnumber' ? 2 : 1;
      const before = sut.live();
      if (kase === 'twice') sut.ddi.ddi_unmap_regs(sut.dip(), 1, kaddr, 8, 16);
      await misuse(sut, `an unmap that differs: ${kase}`, ['ddi_map_regs.9f/DS-2'], () => {
        sut.ddi.ddi_unmap_regs(sut.dip(), rnumber, kaddr, off, len);
      });
      if (kase === 'twice') return;
      same(sut.live(), before, 'objects alive after it');
      sut.ddi.ddi_unmap_regs(sut.dip(), 1, kaddr, 8, 16);
      same(sut.live().length, before.length - 1, 'objects alive after one that mirrors the map');
    },
  ),
  clause('ddi_map_regs.9f/RV-1', {}, (sut) => {
    const before = sut.live().length;
    good(map(sut, 0, 0), 'ddi_map_regs');
    same(sut.live().length, before + 1, 'objects alive after DDI_SUCCESS');
  }),
];

/** The rules of offset and length are those of ddi_regs_map_setup(9F). */
function refusesParts(sut: Sut): void {
  const size = sut.device.sizeOf(1);
  that(map(sut, 0, size + 1).isErr(), 'a length that is too long is refused');
  that(map(sut, size, 1).isErr(), 'an offset at the end of the set is refused');
  good(map(sut, size - 4, 4), 'a map of the last four bytes');
}
