import { describe, expect, it } from 'vitest';
import { explain, explainRefusal, explanations, sortOut } from '../../src/corpus/differences.js';
import { memoryRules } from '../../src/corpus/judge-memory.js';
import type { RefusedBind } from '../../src/corpus/judge-refusal.js';
import { bindRules } from '../../src/corpus/judge-windows.js';
import { windowRules } from '../../src/corpus/judge.js';
import { quirk, RuleBook } from '../../src/sys/quirks.js';
import type { QuirkId } from '../../src/sys/quirks.js';
import type { ddi_dma_attr_t } from '../../src/sys/types.js';
import { attrWith, objectOn } from './attr.js';

const books = [new RuleBook('production'), new RuleBook('debug')] as const;
const contract = new RuleBook('contract');

/** A quirk, and those it means nothing without. */
function withNeeds(id: QuirkId): Partial<Record<QuirkId, boolean>> {
  const needs = quirk(id).dependsOn as readonly QuirkId[];
  return needs.reduce((all, needed) => ({ ...withNeeds(needed), ...all }), { [id]: true });
}

/** Attributes and words that fit an explanation, where it asks for any. */
const fitting: Readonly<Record<string, readonly [Partial<ddi_dma_attr_t>, string]>> = {
  'reach mem-align-virtual': [{}, 'dma_attr_align: ...'],
  'reach mem-contig-last-page': [{}, 'dma_attr_addr_hi: ...'],
  'memory refused mem-addr-lo-refused': [{ dma_attr_addr_lo: 0x2001n }, ''],
  'panic (dma object) mem-16m-panics': [{}, 'must be at least 16m'],
  'panic (dma object) windows-count-divides': [{}, 'divide by zero'],
  'panic (kmem object) windows-count-divides': [{}, 'divide by zero'],
  'panic (kmem object) copybuf-through-mem-alloc': [{}, 'must be at least 16m'],
  'count_max limits-at-page-starts': [{ dma_attr_count_max: 0xffen }, ''],
  'seg limits-at-page-starts': [{ dma_attr_seg: 0x1_0000n }, ''],
  'left behind toobig-loses-copybuf': [{}, 'leaked bounce pages 7: 4096 bytes'],
  'inside the object windows-by-boundary': [{ dma_attr_maxxfer: 0xfffn }, ''],
  'maxxfer windows-by-boundary': [{ dma_attr_maxxfer: 0xfffn }, ''],
  'granular, list windows-by-boundary': [{ dma_attr_maxxfer: 0xfffn }, ''],
  'granular, segment windows-by-boundary': [{ dma_attr_maxxfer: 0xfffn }, ''],
  'window size windows-by-boundary': [{ dma_attr_maxxfer: 0xfffn }, ''],
  'windows tile windows-by-boundary': [{ dma_attr_maxxfer: 0xfffn }, ''],
  'window size windows-lose-third': [{ dma_attr_granular: 512 }, ''],
  'windows tile windows-lose-third': [{ dma_attr_granular: 512 }, ''],
};

describe('an explanation', () => {
  const rules = new Set<string>([...memoryRules, ...windowRules, ...bindRules].map((r) => r.rule));
  const others =
    /^(set (accepted|refused)|memory refused|left behind|panic \((dma|kmem) object\))$/;

  for (const { rule, quirk: id, when } of explanations) {
    it(`is about a rule there is: ${rule}`, () => {
      expect(rules.has(rule) || others.test(rule)).toBe(true);
    });

    it(`holds while its quirk is on, and no longer: ${rule}, ${id}`, () => {
      const [change, message] = fitting[`${rule} ${id}`] ?? [{}, ''];
      const fault = { rule, clause: '', message };
      const alone = new RuleBook('contract', withNeeds(id));
      expect(explain(fault, attrWith(change), alone)).toEqual([id]);
      expect(explain(fault, attrWith(change), contract)).toEqual([]);
      expect(books.some((b) => b.has(id))).toBe(true);
      if (when === undefined) return;
      expect(explain({ ...fault, message: 'x' }, attrWith(), alone)).not.toEqual([id]);
    });
  }

  it('is missing for everything else', () => {
    for (const rule of ['what the device sees', 'once each', 'after unbind', 'addr_hi', 'gone']) {
      const fault = { rule, clause: '', message: '' };
      for (const book of books) expect(explain(fault, attrWith(), book)).toEqual([]);
    }
    const leak = { rule: 'left behind', clause: '', message: 'dma handle 7: unbound' };
    expect(explain(leak, attrWith(), books[0])).toEqual([]);
    const size = { rule: 'window size', clause: '', message: '' };
    expect(explain(size, attrWith(), books[0])).toEqual([]);
  });

  it('tells faults that are known from those that are not', () => {
    const known = { rule: 'align', clause: '', message: 'crooked' };
    const unknown = { rule: 'addr_hi', clause: '', message: 'beyond' };
    expect(sortOut([known, unknown], attrWith(), books[0])).toEqual({
      unknown: [unknown],
      differences: [{ quirk: 'align-ignored-at-bind', rule: 'align', message: 'crooked' }],
    });
    expect(sortOut([known, unknown], attrWith(), contract).unknown).toEqual([known, unknown]);
  });
});

describe('a refusal', () => {
  const installed = [{ base: 0n, size: 1n << 40n }];
  /** Contiguous pages from frame 0x1000 on. */
  const object = (va: number, length: number): RefusedBind['object'] => {
    const pages = Array.from({ length: 64 }, (_, i) => 0x1000 + i);
    return objectOn(pages, va, length);
  };
  const why = (
    attr: Partial<ddi_dma_attr_t>,
    code: string,
    change: Partial<RefusedBind> = {},
    book = books[0],
  ): string => {
    const rest = { partial: false, installed, isFree: () => true, object: object(0, 0x1_0000) };
    const bind = { attr: attrWith(attr), code: `DDI_DMA_${code}`, ...rest, ...change };
    expect(explainRefusal(bind, contract)).toEqual([]);
    return explainRefusal(bind, book).join(' ');
  };

  it('is explained by cookies that are closed early', () => {
    const attr = { dma_attr_sgllen: 1, dma_attr_count_max: 0xffffn };
    expect(why(attr, 'TOOBIG')).toBe('cookie-early-close');
    expect(why({ ...attr, dma_attr_sgllen: 2 }, 'TOOBIG')).toBe('');
    expect(why({ ...attr, dma_attr_count_max: 0x1_ffffn }, 'TOOBIG')).toBe('');
  });

  it('is explained by limits that are looked at where pages start', () => {
    const attr = { dma_attr_sgllen: 1, dma_attr_count_max: 0x1_07ffn };
    const longer = { object: object(0, 0x1_0800) };
    expect(why(attr, 'TOOBIG', longer)).toBe('limits-at-page-starts');
    const inside = { object: object(0x800, 0x1_0000) };
    const full = { dma_attr_sgllen: 1, dma_attr_count_max: 0xffffn };
    expect(why(full, 'TOOBIG', inside)).toBe('limits-at-page-starts');
    expect(why({ dma_attr_seg: 0x10_0000n, dma_attr_sgllen: 1 }, 'TOOBIG')).toBe(
      'limits-at-page-starts',
    );
  });

  it('is explained by alignment that is not looked at', () => {
    const scattered = { object: objectOn([1, 8, 9], 0x2000, 0x3000) };
    const attr = { dma_attr_sgllen: 1, dma_attr_align: 0x2000n };
    expect(why(attr, 'TOOBIG', scattered)).toBe('align-ignored-at-bind');
  });

  it('is explained by a limit that counts as out of reach', () => {
    const attr = { dma_attr_addr_hi: 0x100_ffffn, dma_attr_sgllen: 1 };
    expect(why(attr, 'TOOBIG')).toBe('addr-hi-exclusive');
    expect(why({ ...attr, dma_attr_addr_hi: 0x101_0000n }, 'TOOBIG')).toBe('');
  });

  it('is explained by windows that are cut from the own frames alone', () => {
    const odd = { object: objectOn([0x10, 0x20], 0x900, 0xc00) };
    const attr = { dma_attr_sgllen: 1, dma_attr_granular: 0x600 };
    expect(why(attr, 'TOOBIG', odd)).toBe('windows-by-boundary');
    expect(why(attr, 'NOMAPPING', { ...odd, partial: true })).toBe('windows-trim-one-cookie');
  });

  it('is explained by an allocator that does not serve such a device', () => {
    const quirk = 'copybuf-through-mem-alloc';
    expect(why({ dma_attr_addr_lo: 0x2001n }, 'NORESOURCES')).toBe(quirk);
    expect(why({ dma_attr_minxfer: 3 }, 'NORESOURCES')).toBe(quirk);
    expect(why({ dma_attr_addr_lo: 0x2000n }, 'NORESOURCES')).toBe('');
  });

  it('is explained by several at once, where one alone is not enough', () => {
    const attr = { dma_attr_sgllen: 3, dma_attr_count_max: 0x7fffn };
    expect(why(attr, 'TOOBIG')).toBe('');
    const low = { ...attr, dma_attr_addr_hi: 0x100_ffffn };
    expect(why(low, 'TOOBIG')).toBe('addr-hi-exclusive cookie-early-close');
  });

  it('is not explained by anything else', () => {
    expect(why({}, 'TOOBIG')).toBe('');
    expect(why({}, 'NOMAPPING')).toBe('');
    expect(why({}, 'INUSE')).toBe('');
  });
});
