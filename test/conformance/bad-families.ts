/** Bad input to the other families of accessors, to device copies and to calls of byte order. */
import type { Sut } from '../../src/conformance/sut.js';
import { as, noBytes, noHandle, type BadCase, type Stage } from './bad-values.js';

type Call = (...args: readonly unknown[]) => unknown;
/** Arguments by their names, in their order. */
type Args = Readonly<Record<string, unknown>>;

const families = [
  { name: 'mem_', widths: [8, 16, 32, 64] },
  { name: 'io_', widths: [8, 16, 32] },
] as const;

/** A call of the driver with right arguments but for those given. */
function wrong(name: string, title: string, right: (s: Stage) => Args, but: (s: Stage) => Args) {
  return {
    title: `${name} ${title}`,
    call: (sut: Sut, s: Stage) => {
      const call = Reflect.get(sut.ddi, name) as Call;
      return call(...Object.values({ ...right(s), ...but(s) }));
    },
  };
}

function handleCases(name: string, argument: string, right: (s: Stage) => Args): BadCase[] {
  return [
    ...noHandle('dma').map(([what, handle]) =>
      wrong(name, `${argument}: ${what}`, right, (s) => ({
        [argument]: handle === 'dma' ? s.handle : handle,
      })),
    ),
    wrong(name, `${argument}: freed`, right, (s) => ({ [argument]: s.freedMemory.handle })),
  ];
}

function addressCases(
  name: string,
  argument: string,
  bytes: number,
  right: (s: Stage) => Args,
): BadCase[] {
  const at = (title: string, addr: (s: Stage) => unknown): BadCase =>
    wrong(name, `${argument}: ${title}`, right, (s) => ({ [argument]: addr(s) }));
  return [
    ...noBytes(0).map(([what]) => at(what, (s) => new Map(noBytes(s.memory.kaddr)).get(what))),
    at('before the range', (s) => s.memory.kaddr - 8),
    at('behind the range', (s) => s.memory.kaddr + s.memory.real_length),
    ...(bytes > 1 ? [at('misaligned', (s) => s.memory.kaddr + bytes / 2)] : []),
  ];
}

/** Single accesses: to memory, which any of these families reaches. */
function singleCases(family: string, bits: number): BadCase[] {
  const [get, put] = [`ddi_${family}get${bits}`, `ddi_${family}put${bits}`];
  const big = bits === 64;
  const reading = (s: Stage): Args => ({ handle: s.memory.handle, dev_addr: s.memory.kaddr });
  const writing = (s: Stage): Args => ({ ...reading(s), value: big ? 1n : 1 });
  const values: [string, unknown][] = [
    ['of the other kind', big ? 1 : 1n],
    ['undefined', undefined],
    ['a string', '1'],
    ['too large', big ? 1n << 64n : 2 ** bits],
    ['too small', big ? -(1n << 64n) : -(2 ** bits)],
  ];
  return [
    ...handleCases(get, 'handle', reading),
    ...handleCases(put, 'handle', writing),
    ...addressCases(get, 'dev_addr', bits / 8, reading),
    ...addressCases(put, 'dev_addr', bits / 8, writing),
    ...values.map(([what, value]) => wrong(put, `value: ${what}`, writing, () => ({ value }))),
  ];
}

/** Repeated accesses; those of I/O space have no flags. */
function repeatedCases(family: string, bits: number): BadCase[] {
  const bytes = bits / 8;
  const flags = family === 'mem_' ? { flags: 1 } : {};
  return ['get', 'put'].flatMap((op) => {
    const name = `ddi_${family}rep_${op}${bits}`;
    const right = (s: Stage): Args => ({
      handle: s.memory.handle,
      host_addr: s.buffer,
      dev_addr: s.memory.kaddr,
      repcount: 2,
      ...flags,
    });
    const but = (title: string, args: Args): BadCase => wrong(name, title, right, () => args);
    return [
      ...handleCases(name, 'handle', right),
      // ddi_io_rep_get8(9F) AR-2: where there are no flags, the host address alone is aligned.
      ...addressCases(name, 'dev_addr', 'flags' in flags ? bytes : 1, right),
      ...(bytes > 1
        ? [
            wrong(name, 'host_addr: misaligned', right, (s) => ({
              host_addr: s.buffer + bytes / 2,
            })),
          ]
        : []),
      ...noBytes(2).map(([what, repcount]) => but(`repcount: ${what}`, { repcount })),
      ...('flags' in flags ? [but('flags: 2', { flags: 2 })] : []),
      but('host_addr: nowhere', { host_addr: 0 }),
      but('host_addr: null', { host_addr: null }),
      but('host_addr: an array of another kind', { host_addr: new Float32Array(8) }),
      but('host_addr: an array that is too short', { host_addr: shortArray(bits) }),
    ];
  });
}

function shortArray(bits: number): ArrayBufferView {
  if (bits === 64) return new BigUint64Array(1);
  if (bits === 32) return new Uint32Array(1);
  return bits === 16 ? new Uint16Array(1) : new Uint8Array(1);
}

/** Words between devices. */
function copyCases(): BadCase[] {
  const zeroing = (s: Stage): Args => ({
    handle: s.memory.handle,
    dev_addr: s.memory.kaddr,
    bytecount: 16,
    dev_advcnt: 1,
    dev_datasz: 4,
  });
  const copying = (s: Stage): Args => ({
    src_handle: s.memory.handle,
    src_addr: s.memory.kaddr,
    src_advcnt: 1,
    dest_handle: s.memory.handle,
    dest_addr: s.memory.kaddr + 16,
    dest_advcnt: 1,
    bytecount: 16,
    dev_datasz: 4,
  });
  const calls: [string, (s: Stage) => Args, string][] = [
    ['ddi_device_zero', zeroing, ''],
    ['ddi_device_copy', copying, 'src_'],
    ['ddi_device_copy', copying, 'dest_'],
  ];
  const counts = ['ddi_device_zero', 'ddi_device_copy'].flatMap((name): BadCase[] => {
    const right = name === 'ddi_device_zero' ? zeroing : copying;
    return [
      ...[...noBytes(16), ['beyond the range', 4096] as [string, number]].map(([what, bytecount]) =>
        wrong(name, `bytecount: ${what}`, right, () => ({ bytecount })),
      ),
      ...[...noBytes(4), ['zero', 0] as [string, number], ['3', 3] as [string, number]].map(
        ([what, dev_datasz]) => wrong(name, `dev_datasz: ${what}`, right, () => ({ dev_datasz })),
      ),
    ];
  });
  return [
    ...counts,
    ...calls.flatMap(([name, right, side]): BadCase[] => [
      ...handleCases(name, `${side}handle`, right),
      ...addressCases(name, side === '' ? 'dev_addr' : `${side}addr`, 4, right),
      ...noBytes(1).map(([what, count]) => {
        const argument = side === '' ? 'dev_advcnt' : `${side}advcnt`;
        return wrong(name, `${argument}: ${what}`, right, () => ({ [argument]: count }));
      }),
    ]),
  ];
}

/** swab(9F), and the loads and stores of byteorder.h. */
function byteorderCases(): BadCase[] {
  const swab = (sut: Sut, src: unknown, dst: unknown, nbytes: unknown): void => {
    sut.kernel.swab(as(src), as(dst), as(nbytes));
  };
  const nowhere: [string, number][] = [...noBytes(65536), ['in a hole', 16]];
  const at = (
    ['BE_IN8', 'LE_IN16', 'BE_IN32', 'LE_IN64', 'LE_OUT8', 'BE_OUT16', 'LE_OUT32'] as const
  ).flatMap((name) =>
    nowhere.map(([what, p]) => ({
      title: `${name} p: ${what}`,
      call: (sut: Sut) => (Reflect.get(sut.kernel, name) as Call)(p, 1),
    })),
  );
  return [
    ...at,
    ...nowhere.map(([what, p]) => ({
      title: `BE_OUT64 p: ${what}`,
      call: (sut: Sut) => {
        sut.kernel.BE_OUT64(p, 1n);
      },
    })),
    ...nowhere.flatMap(([what, p]): BadCase[] => [
      {
        title: `swab src: ${what}`,
        call: (sut, s) => {
          swab(sut, p, s.buffer, 16);
        },
      },
      {
        title: `swab dst: ${what}`,
        call: (sut, s) => {
          swab(sut, s.buffer, p, 16);
        },
      },
    ]),
    ...noBytes(16).map(([what, nbytes]) => ({
      title: `swab nbytes: ${what}`,
      call: (sut: Sut, s: Stage) => {
        swab(sut, s.buffer, s.buffer, nbytes);
      },
    })),
  ];
}

/** Every case of these calls. */
export const badFamilyCases: readonly BadCase[] = [
  ...families.flatMap(({ name, widths }) =>
    widths.flatMap((bits) => [...singleCases(name, bits), ...repeatedCases(name, bits)]),
  ),
  ...copyCases(),
  ...byteorderCases(),
];
