/** Bad input to accessors, register mappings, interrupts and kernel memory. */
import { plainAcc } from '../../src/conformance/stock.js';
import type { Sut } from '../../src/conformance/sut.js';
import { good } from '../../src/conformance/that.js';
import type { ddi_acc_handle_t, dev_info_t } from '../../src/sys/types.js';
import { as, noBytes, noHandle, type BadCase, type Stage } from './bad-values.js';

/** Calls that take an access handle and an address in its range. */
const accCalls: Readonly<
  Record<string, (sut: Sut, handle: ddi_acc_handle_t, addr: number) => unknown>
> = {
  ddi_get8: (sut, h, addr) => sut.ddi.ddi_get8(h, addr),
  ddi_get16: (sut, h, addr) => sut.ddi.ddi_get16(h, addr),
  ddi_get32: (sut, h, addr) => sut.ddi.ddi_get32(h, addr),
  ddi_get64: (sut, h, addr) => sut.ddi.ddi_get64(h, addr),
  ddi_put8: (sut, h, addr) => {
    sut.ddi.ddi_put8(h, addr, 1);
  },
  ddi_put16: (sut, h, addr) => {
    sut.ddi.ddi_put16(h, addr, 1);
  },
  ddi_put32: (sut, h, addr) => {
    sut.ddi.ddi_put32(h, addr, 1);
  },
  ddi_put64: (sut, h, addr) => {
    sut.ddi.ddi_put64(h, addr, 1n);
  },
};

function accCases(): BadCase[] {
  const cases: BadCase[] = [];
  for (const [name, call] of Object.entries(accCalls)) {
    const width = Number(name.slice(7)) / 8;
    for (const [what, handle] of noHandle('dma')) {
      cases.push({
        title: `${name} handle: ${what}`,
        call: (sut, s) => call(sut, as(handle === 'dma' ? s.handle : handle), s.memory.kaddr),
        trap: handle === undefined || handle === null,
      });
    }
    cases.push(
      {
        title: `${name} handle: freed memory`,
        call: (sut, s) => call(sut, s.freedMemory.handle, s.freedMemory.kaddr),
      },
      {
        title: `${name} handle: unmapped registers`,
        call: (sut, s) => call(sut, s.freedRegisters, s.registers.addr),
      },
      {
        title: `${name} dev_addr: before the range`,
        call: (sut, s) => call(sut, s.memory.handle, s.memory.kaddr - 8),
      },
      {
        title: `${name} dev_addr: behind the range`,
        call: (sut, s) => call(sut, s.memory.handle, s.memory.kaddr + s.memory.real_length),
      },
      {
        title: `${name} dev_addr: of another handle`,
        call: (sut, s) => call(sut, s.memory.handle, s.registers.addr),
      },
      {
        title: `${name} dev_addr: behind the registers`,
        call: (sut, s) => call(sut, s.registers.handle, s.registers.addr + 4096),
      },
    );
    if (width > 1) {
      cases.push(
        {
          title: `${name} dev_addr: over the end of the range`,
          call: (sut, s) =>
            call(sut, s.memory.handle, s.memory.kaddr + s.memory.real_length - width / 2),
        },
        {
          title: `${name} dev_addr: misaligned`,
          call: (sut, s) => call(sut, s.memory.handle, s.memory.kaddr + width / 2),
        },
      );
    }
    for (const [what] of noBytes(0)) {
      cases.push({
        title: `${name} dev_addr: ${what}`,
        call: (sut, s) => {
          const addr = new Map(noBytes(s.memory.kaddr)).get(what);
          return call(sut, s.memory.handle, as(addr));
        },
        trap: what === 'a bigint',
      });
    }
  }
  return [...cases, ...putValueCases()];
}

function putValueCases(): BadCase[] {
  const puts = ['ddi_put8', 'ddi_put16', 'ddi_put32', 'ddi_put64'] as const;
  return puts.flatMap((name) => {
    const bits = Number(name.slice(7));
    const big = bits === 64;
    const wrong: [string, unknown][] = [
      [big ? 'a number where bigint is due' : 'a bigint where number is due', big ? 1 : 1n],
      ['undefined', undefined],
      ['null', null],
      ['a string', '1'],
      ['too large', big ? 1n << 64n : 2 ** bits],
      ['too small', big ? -(1n << 64n) : -(2 ** bits)],
    ];
    if (!big) wrong.push(['NaN', NaN], ['fractional', 1.5], ['infinite', Infinity]);
    return wrong.map(([what, value]) => ({
      title: `${name} value: ${what}`,
      call: (sut: Sut, s: Stage) => {
        sut.ddi[name](s.memory.handle, s.memory.kaddr, as<never>(value));
      },
      trap: !big && typeof value === 'bigint',
    }));
  });
}

function freeCases(): BadCase[] {
  const frees = ['ddi_dma_mem_free', 'ddi_regs_map_free'] as const;
  const cases = frees.flatMap((name) =>
    noHandle('dma').map(([what, handle]): BadCase => ({
      title: `${name} handle: ${what}`,
      call: (sut, s) => {
        sut.ddi[name](as(handle === 'dma' ? s.handle : handle));
      },
    })),
  );
  const free = (
    name: (typeof frees)[number],
    what: string,
    of: (s: Stage) => ddi_acc_handle_t,
  ) => ({
    title: `${name} handle: ${what}`,
    call: (sut: Sut, s: Stage) => {
      sut.ddi[name](of(s));
    },
  });
  return [
    ...cases,
    free('ddi_dma_mem_free', 'freed', (s) => s.freedMemory.handle),
    free('ddi_dma_mem_free', 'of registers', (s) => s.registers.handle),
    free('ddi_regs_map_free', 'freed', (s) => s.freedRegisters),
    free('ddi_regs_map_free', 'of memory', (s) => s.memory.handle),
  ];
}

function regsCases(): BadCase[] {
  const name = 'ddi_regs_map_setup';
  const map = (sut: Sut, rnumber: number, offset: number, len: number) =>
    sut.ddi.ddi_regs_map_setup(sut.dip(), rnumber, offset, len, plainAcc);
  return [
    ...noHandle({}).map(([what, dip]) => ({
      title: `${name} dip: ${what}`,
      call: (sut: Sut) => sut.ddi.ddi_regs_map_setup(as<dev_info_t>(dip), 1, 0, 0, plainAcc),
    })),
    ...[['too high', 9] as [string, number], ...noBytes(1)].map(([what, rnumber]) => ({
      title: `${name} rnumber: ${what}`,
      call: (sut: Sut) => map(sut, rnumber, 0, 0),
    })),
    ...[['behind the set', 4096] as [string, number], ...noBytes(8)].map(([what, offset]) => ({
      title: `${name} offset: ${what}`,
      call: (sut: Sut) => map(sut, 1, offset, 8),
    })),
    ...[['too long', 4097] as [string, number], ...noBytes(8)].map(([what, len]) => ({
      title: `${name} len: ${what}`,
      call: (sut: Sut) => map(sut, 1, 0, len),
    })),
    ...[undefined, null, {}].map((acc) => ({
      title: `${name} accattr: ${JSON.stringify(acc) ?? 'undefined'}`,
      call: (sut: Sut) => sut.ddi.ddi_regs_map_setup(sut.dip(), 1, 0, 0, as(acc)),
    })),
  ];
}

/** Configuration space, register sets, peeks and pokes. */
function registerCases(): BadCase[] {
  const config = (sut: Sut) => good(sut.ddi.pci_config_setup(sut.dip()), 'pci_config_setup').handle;
  const noOffsets: [string, number][] = [
    ['misaligned', 2],
    ['behind the space', 4096],
    ...noBytes(4),
  ];
  return [
    ...noHandle('dma').map(([what, handle]) => ({
      title: `pci_config_get32 handle: ${what}`,
      call: (sut: Sut, s: Stage) =>
        sut.ddi.pci_config_get32(as(handle === 'dma' ? s.memory.handle : handle), 0),
    })),
    ...noHandle('dma').map(([what, handle]) => ({
      title: `pci_config_teardown handle: ${what}`,
      call: (sut: Sut, s: Stage) => {
        sut.ddi.pci_config_teardown(as(handle === 'dma' ? s.memory.handle : handle));
      },
    })),
    ...noOffsets.flatMap(([what, offset]): BadCase[] => [
      {
        title: `pci_config_get32 offset: ${what}`,
        call: (sut) => sut.ddi.pci_config_get32(config(sut), offset),
        leaves: 1,
      },
      {
        title: `pci_config_put32 offset: ${what}`,
        call: (sut) => {
          sut.ddi.pci_config_put32(config(sut), offset, 1);
        },
        leaves: 1,
      },
    ]),
    ...noHandle({}).map(([what, dip]) => ({
      title: `pci_config_setup dip: ${what}`,
      call: (sut: Sut) => sut.ddi.pci_config_setup(as<dev_info_t>(dip)),
    })),
    ...noHandle({}).map(([what, dip]) => ({
      title: `ddi_dev_nregs dip: ${what}`,
      call: (sut: Sut) => sut.ddi.ddi_dev_nregs(as<dev_info_t>(dip)),
    })),
    ...[['too high', 4] as [string, number], ...noBytes(1)].flatMap(
      ([what, rnumber]): BadCase[] => [
        {
          title: `ddi_dev_regsize rnumber: ${what}`,
          call: (sut) => sut.ddi.ddi_dev_regsize(sut.dip(), rnumber),
        },
        {
          title: `ddi_map_regs rnumber: ${what}`,
          call: (sut) => sut.ddi.ddi_map_regs(sut.dip(), rnumber, 0, 0),
        },
      ],
    ),
    ...noBytes(8).flatMap(([what, addr]): BadCase[] => [
      {
        title: `ddi_unmap_regs kaddr: ${what}`,
        call: (sut) => {
          sut.ddi.ddi_unmap_regs(sut.dip(), 1, addr, 0, 0);
        },
      },
      { title: `ddi_peek32 addr: ${what}`, call: (sut) => sut.ddi.ddi_peek32(sut.dip(), addr) },
      { title: `ddi_poke32 addr: ${what}`, call: (sut) => sut.ddi.ddi_poke32(sut.dip(), addr, 1) },
    ]),
    ...[...noBytes(2), ['too large', 2 ** 32] as [string, number]]
      .filter(([what]) => what !== 'negative' && what !== '2^32 too large')
      .map(([what, value]) => ({
        title: `ddi_poke32 value: ${what}`,
        call: (sut: Sut, s: Stage) => sut.ddi.ddi_poke32(sut.dip(), s.buffer, value),
      })),
  ];
}

function interruptCases(): BadCase[] {
  const handler = (): number => 0;
  return [
    ...noHandle({}).map(([what, dip]) => ({
      title: `ddi_add_intr dip: ${what}`,
      call: (sut: Sut) => sut.ddi.ddi_add_intr(as<dev_info_t>(dip), 0, handler, null),
    })),
    ...[['too high', 1] as [string, number], ...noBytes(0)].map(([what, inumber]) => ({
      title: `ddi_add_intr inumber: ${what}`,
      call: (sut: Sut) => sut.ddi.ddi_add_intr(sut.dip(), inumber, handler, null),
    })),
    ...[undefined, null, 7].map((fn) => ({
      title: `ddi_add_intr int_handler: ${String(fn)}`,
      call: (sut: Sut) => sut.ddi.ddi_add_intr(sut.dip(), 0, as<() => number>(fn), null),
    })),
    {
      title: 'ddi_remove_intr inumber: nothing was added',
      call: (sut) => {
        const got = good(sut.ddi.ddi_get_iblock_cookie(sut.dip(), 0), 'ddi_get_iblock_cookie');
        return sut.ddi.ddi_remove_intr(sut.dip(), 0, got.iblock_cookie);
      },
    },
  ];
}

function kmemCases(): BadCase[] {
  return [
    ...noBytes(64).map(([what, size]) => ({
      title: `kmem_alloc size: ${what}`,
      call: (sut: Sut) => sut.kernel.kmem_alloc(size, 1),
      // kmem_alloc(9F) FL-2: KM_NOSLEEP may return NULL.
      answer: null,
    })),
    ...noBytes(64).map(([what, size]) => ({
      title: `kmem_free size: ${what}`,
      call: (sut: Sut, s: Stage) => {
        sut.kernel.kmem_free(s.buffer, size);
      },
    })),
    ...noBytes(65536).map(([what, buf]) => ({
      title: `kmem_free buf: ${what}`,
      call: (sut: Sut) => {
        sut.kernel.kmem_free(buf, 64);
      },
    })),
  ];
}

/** Repeated accesses; the handle and the rest are right except for one argument. */
function repCases(): BadCase[] {
  return ([8, 16, 32, 64] as const).flatMap((bits) =>
    (['get', 'put'] as const).flatMap((op) => {
      const name = `ddi_rep_${op}${bits}` as const;
      const bytes = bits / 8;
      const wrongArray = bits === 32 ? new Float32Array(8) : new Uint32Array(8);
      type Rep = (h: unknown, host: unknown, dev: unknown, n: unknown, f: unknown) => void;
      const call = (sut: Sut, s: Stage, but: Record<string, unknown>): void => {
        const right = { h: s.memory.handle, host: s.buffer, dev: s.memory.kaddr, n: 2, f: 1 };
        const { h, host, dev, n, f } = { ...right, ...but };
        (sut.ddi[name] as unknown as Rep)(h, host, dev, n, f);
      };
      const of = (title: string, but: (s: Stage) => Record<string, unknown>): BadCase => ({
        title: `${name} ${title}`,
        call: (sut, s) => {
          call(sut, s, but(s));
        },
      });
      return [
        ...noHandle('dma').map(([what, h]) =>
          of(`handle: ${what}`, (s) => ({ h: h === 'dma' ? s.handle : h })),
        ),
        of('handle: freed memory', (s) => ({ h: s.freedMemory.handle, dev: s.freedMemory.kaddr })),
        ...noBytes(2).map(([what, n]) => of(`repcount: ${what}`, () => ({ n }))),
        of('repcount: beyond the handle', () => ({ n: 1000 })),
        of('flags: 2', () => ({ f: 2 })),
        of('flags: undefined', () => ({ f: undefined })),
        ...noBytes(0).map(([what]) =>
          of(`dev_addr: ${what}`, (s) => ({ dev: new Map(noBytes(s.memory.kaddr)).get(what) })),
        ),
        of('host_addr: nowhere', () => ({ host: 0 })),
        of('host_addr: null', () => ({ host: null })),
        of('host_addr: an array of another kind', () => ({ host: wrongArray })),
        of('host_addr: an array that is too short', () => ({
          host: bits === 64 ? new BigUint64Array(1) : new Uint8Array(1),
        })),
        ...(bytes === 1
          ? []
          : [
              of('host_addr: misaligned', (s) => ({ host: s.buffer + bytes / 2 })),
              of('dev_addr: misaligned', (s) => ({ dev: s.memory.kaddr + bytes / 2 })),
            ]),
      ];
    }),
  );
}

/** Every case of these calls. */
export const badAccessCases: readonly BadCase[] = [
  ...accCases(),
  ...repCases(),
  ...freeCases(),
  ...regsCases(),
  ...registerCases(),
  ...interruptCases(),
  ...kmemCases(),
];
