/** Checks of ddi_peek(9F) and ddi_poke(9F). */
import { KM_NOSLEEP } from '../../sys/constants.js';
import type { caddr_t } from '../../sys/types.js';
import { registers } from '../accessors.js';
import { clause, type ClauseCheck } from '../clause.js';
import { endianRow, registerBytes, type Width, widths } from '../endian.js';
import { inEveryContext } from '../stock.js';
import type { Sut } from '../sut.js';
import { bad, good, same, that } from '../that.js';

/** A peek of a width; its answer as it is. */
function tryPeek(sut: Sut, width: Width, at: caddr_t) {
  if (width === 8) return sut.ddi.ddi_peek8(sut.dip(), at);
  if (width === 16) return sut.ddi.ddi_peek16(sut.dip(), at);
  return width === 32 ? sut.ddi.ddi_peek32(sut.dip(), at) : sut.ddi.ddi_peek64(sut.dip(), at);
}

function peek(sut: Sut, width: Width, at: caddr_t): bigint {
  return BigInt(
    good<{ value: number | bigint }>(tryPeek(sut, width, at), `peek of ${width}`).value,
  );
}

/** A poke of a width. */
function tryPoke(sut: Sut, width: Width, at: caddr_t, value: bigint) {
  if (width === 64) return sut.ddi.ddi_poke64(sut.dip(), at, value);
  const n = Number(value);
  if (width === 8) return sut.ddi.ddi_poke8(sut.dip(), at, n);
  if (width === 16) return sut.ddi.ddi_poke16(sut.dip(), at, n);
  return sut.ddi.ddi_poke32(sut.dip(), at, n);
}

/** Memory, and the registers of the device: where a peek goes. */
function places(sut: Sut): readonly caddr_t[] {
  const memory = sut.kernel.kmem_alloc(64, KM_NOSLEEP);
  that(memory !== null, 'there is memory');
  sut.poke(memory, registerBytes);
  sut.device.fill(1, 0, registerBytes);
  return [memory, registers(sut).addr];
}

/** The checks. */
export const peekChecks: readonly ClauseCheck[] = [
  clause('ddi_peek.9f/DS-1', {}, (sut) => {
    const range = registers(sut);
    for (const width of widths) {
      bad(tryPeek(sut, width, sut.nowhere()), 'DDI_FAILURE', `a peek of ${width} bits at nothing`);
    }
    sut.device.fill(1, 0, registerBytes);
    same(sut.ddi.ddi_get8(range.handle, range.addr), 1, 'a get afterwards: the system lives');
    same(sut.findings().length, 0, 'findings');
  }),
  clause('ddi_peek.9f/RV-1', {}, (sut) => {
    for (const at of places(sut)) {
      for (const width of widths) {
        same(peek(sut, width, at), endianRow(sut.endian)[width], `${width} bits`);
      }
    }
  }),
  clause('ddi_peek.9f/RV-2', {}, (sut) => {
    for (const width of widths) {
      const answer = tryPeek(sut, width, sut.nowhere());
      bad(answer, 'DDI_FAILURE', `a peek of ${width} bits at nothing`);
      const written = answer.isErr() ? answer.error.out : undefined;
      same(written, undefined, 'what it writes all the same');
    }
  }),
  clause('ddi_peek.9f/CX-1', {}, async (sut) => {
    const [memory = 0] = places(sut);
    await inEveryContext(sut, 'ddi_peek', () => {
      same(peek(sut, 16, memory), endianRow(sut.endian)[16], 'a peek');
    });
  }),

  clause('ddi_poke.9f/DS-1', {}, (sut) => {
    const range = registers(sut);
    for (const width of widths) {
      const answer = tryPoke(sut, width, sut.nowhere(), 1n);
      bad(answer, 'DDI_FAILURE', `a poke of ${width} bits at nothing`);
    }
    sut.device.fill(1, 0, registerBytes);
    same(sut.ddi.ddi_get8(range.handle, range.addr), 1, 'a get afterwards: the system lives');
  }),
  clause('ddi_poke.9f/RV-1', {}, (sut) => {
    const [memory = 0, mapped = 0] = places(sut);
    for (const width of widths) {
      const bytes = width / 8;
      const value = endianRow(sut.endian)[width];
      sut.poke(memory, new Uint8Array(8));
      sut.device.fill(1, 0, new Uint8Array(8));
      good(tryPoke(sut, width, memory, value), `a poke of ${width} bits of memory`);
      good(tryPoke(sut, width, mapped, value), `a poke of ${width} bits of registers`);
      const wanted = registerBytes.slice(0, bytes);
      same(sut.peek(memory, bytes), wanted, 'memory then');
      same(sut.device.bytes(1, 0, bytes), wanted, 'registers then');
    }
  }),
  clause('ddi_poke.9f/RV-2', {}, (sut) => {
    const [memory = 0] = places(sut);
    bad(tryPoke(sut, 32, sut.nowhere(), 5n), 'DDI_FAILURE', 'a poke at nothing');
    same(sut.peek(memory, 8), registerBytes, 'memory elsewhere');
  }),
  clause('ddi_poke.9f/CX-1', {}, async (sut) => {
    const [memory = 0] = places(sut);
    let value = 1n;
    await inEveryContext(sut, 'ddi_poke', () => {
      good(tryPoke(sut, 8, memory, ++value), 'a poke');
      same(sut.peek(memory, 1), Uint8Array.of(Number(value)), 'what it wrote');
    });
  }),
];
