/** Checks of kmem_alloc(9F), kmem_zalloc(9F) and kmem_free(9F). */
import { KM_NOSLEEP, KM_SLEEP } from '../../sys/constants.js';
import { clause, type ClauseCheck } from '../clause.js';
import { misuse, pattern } from '../stock.js';
import type { Sut } from '../sut.js';
import { same, that } from '../that.js';

/** Memory that must be there. */
function newKmem(sut: Sut, size: number): number {
  const at = sut.kernel.kmem_alloc(size, KM_SLEEP);
  that(at !== null, `KM_SLEEP gives ${size} bytes`);
  return at;
}

/** The checks. */
export const kmemChecks: readonly ClauseCheck[] = [
  clause('kmem_alloc.9f/FL-1', {}, (sut) => {
    for (const size of [1, 100, 5000, 100_000]) {
      const at = newKmem(sut, size);
      sut.poke(at, pattern(size, 1));
      same(sut.peek(at, size), pattern(size, 1), `all ${size} bytes`);
    }
  }),
  clause('kmem_alloc.9f/FL-2', {}, (sut) => {
    that(sut.kernel.kmem_alloc(1 << 20, KM_NOSLEEP) !== null, 'there is memory at first');
    const giveBack = sut.exhaust();
    const before = sut.nowNs();
    same(sut.kernel.kmem_alloc(1 << 20, KM_NOSLEEP), null, 'KM_NOSLEEP when memory is used up');
    same(sut.nowNs(), before, 'virtual time afterwards');
    giveBack();
    that(sut.kernel.kmem_alloc(1 << 20, KM_NOSLEEP) !== null, 'there is memory again');
  }),
  clause('kmem_alloc.9f/DS-1', {}, (sut) => {
    const sizes = [1, 8, 24, 100, 3000, 4096, 10_001];
    const addresses = sizes.map((size) => newKmem(sut, size));
    for (const [i, at] of addresses.entries()) same(at % 8, 0, `address of ${sizes[i]} bytes`);
    same(new Set(addresses).size, sizes.length, 'different addresses');
    that(
      addresses.some((at) => at % 64 !== 0),
      'and nothing more may be assumed',
    );
  }),
  clause('kmem_alloc.9f/DS-2', {}, (sut) => {
    for (const size of [16, 200, 6000]) {
      // Memory that was used before, so that zeroes are somebody's doing.
      const used = newKmem(sut, size);
      sut.poke(used, new Uint8Array(size).fill(0xa5));
      sut.kernel.kmem_free(used, size);
      const fresh = sut.kernel.kmem_zalloc(size, KM_SLEEP);
      that(fresh !== null, `KM_SLEEP gives ${size} bytes`);
      same(sut.peek(fresh, size), new Uint8Array(size), `${size} bytes of kmem_zalloc`);
      that(
        sut.peek(newKmem(sut, size), size).some((b) => b !== 0),
        'kmem_alloc clears nothing',
      );
    }
  }),
  clause('kmem_alloc.9f/DS-3', { cases: ['size', 'address'] }, async (sut, kase) => {
    const before = sut.live();
    const probe = newKmem(sut, 64);
    sut.kernel.kmem_free(probe, 64);
    same(sut.live(), before, 'objects alive after a correct free');
    const at = newKmem(sut, 64);
    const clauses = ['kmem_alloc.9f/DS-3', 'kmem_alloc.9f/WN-1'];
    await misuse(sut, `a free with another ${kase}`, clauses, () => {
      sut.kernel.kmem_free(kase === 'size' ? at : at + 8, kase === 'size' ? 32 : 64);
    });
  }),
  clause('kmem_alloc.9f/NT-1', {}, (sut) => {
    same(sut.kernel.kmem_alloc(0, KM_NOSLEEP), null, 'kmem_alloc of nothing');
    sut.kernel.kmem_free(null, 0);
    same(sut.findings().length, 0, 'findings about freeing nothing');
    that(sut.kernel.kmem_alloc(1, KM_NOSLEEP) !== null, 'one byte is something');
  }),
  clause('kmem_alloc.9f/WN-1', {}, async (sut) => {
    const at = newKmem(sut, 64);
    sut.kernel.kmem_free(at, 64);
    await misuse(sut, 'a double free', ['kmem_alloc.9f/WN-1', 'kmem_alloc.9f/DS-3'], () => {
      sut.kernel.kmem_free(at, 64);
    });
  }),
  clause('kmem_alloc.9f/CX-1', {}, async (sut) => {
    const quick = await sut.within('interrupt', () => sut.kernel.kmem_alloc(64, KM_NOSLEEP));
    that(quick !== null, 'KM_NOSLEEP works in interrupt context');
    same(sut.findings().length, 0, 'findings where it is allowed');
    await misuse(sut, 'KM_SLEEP in interrupt context', ['kmem_alloc.9f/CX-1'], () =>
      sut.within('interrupt', () => sut.kernel.kmem_alloc(64, KM_SLEEP)),
    );
  }),
];
