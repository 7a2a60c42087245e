/** Pictures show what there is, where it is, as long as it is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawPicture } from '../../src/draw/picture.js';
import { playScene, type Scene, type SceneRequest } from '../../src/draw/scene.js';
import { ruleBookNames } from '../../src/sys/quirks.js';
import { anyAttr } from '../support/attr.js';
import {
  cookieBoxes,
  numberOf,
  ofClass,
  overlaps,
  request,
  see,
  textsOf,
  type Seen,
} from './look.js';

/** What is wrong with a picture. */
function faults(seen: Seen): readonly string[] {
  const { scene, elements } = seen;
  const found: string[] = [];
  const [root] = elements;
  if (root === undefined) return ['nothing'];
  const wide = numberOf(root, 'width');
  const high = numberOf(root, 'height');
  const texts = textsOf(seen);
  found.push(...overlaps(texts));
  for (const t of texts) {
    if (t.left < 0 || t.right > wide || t.top < 0 || t.bottom > high)
      found.push(`"${t.text}" is outside`);
  }
  if (/NaN|Infinity|undefined/.test(seen.svg)) found.push('a number that is none');
  const cookies = scene.windows.flatMap((w) => w.cookies);
  const boxes = cookieBoxes(seen);
  if (boxes.length !== cookies.length) found.push(`${boxes.length} of ${cookies.length} cookies`);
  if (ofClass(seen, 'window').length !== scene.windows.length) found.push('windows');
  const frames = ofClass(seen, 'page')
    .filter((e) => e.attributes['data-frames'] !== undefined)
    .reduce((sum, e) => sum + numberOf(e, 'data-frames'), 0);
  const shown = scene.pfns.length + scene.bounce.length;
  if (frames < shown) found.push(`${frames} of ${shown} frames`);
  const copies = ofClass(seen, 'copy').reduce((sum, e) => sum + numberOf(e, 'data-pages'), 0);
  if (copies < bouncedPages(scene)) found.push(`${copies} of ${bouncedPages(scene)} bounced pages`);
  return found;
}

/** Pages that a cookie reaches by a bounce page, a page of two windows counted once. */
function bouncedPages({ windows, request: { off, length } }: Scene): number {
  const pages = new Set<number>();
  for (const { at, size, bounced } of windows.flatMap((w) => w.cookies)) {
    const end = Math.min(at + size, length);
    for (let b = at; bounced && b < end; b++) pages.add(Math.floor((off + b) / 4096));
  }
  return pages.size;
}

const bounceAndWindows: Partial<SceneRequest> = {
  attr: anyAttr({ dma_attr_addr_hi: 0xffffffn, dma_attr_sgllen: 4 }),
  off: 0x234,
  length: 40_000,
  partial: true,
  seed: 3,
};

describe('a picture', () => {
  it('shows every cookie, window, frame and bounced page', () => {
    const seen = see(bounceAndWindows);
    expect(faults(seen)).toEqual([]);
    expect(seen.scene.windows.length).toBe(3);
    expect(ofClass(seen, 'cookie')).toHaveLength(10);
    expect(bouncedPages(seen.scene)).toBe(10);
    const windows = ofClass(seen, 'window').map((e) => numberOf(e, 'data-cookies'));
    expect(windows).toEqual([4, 4, 2]);
  });

  it('tells a pointer what it points at', () => {
    const [first] = ofClass(see(bounceAndWindows), 'cookie');
    expect(first?.children.map((c) => c.text)).toEqual([
      expect.stringMatching(
        /^window 0, cookie 0: 0x[0-9a-f]+, 3,532 B, a bounce page; bytes 0 to 3531/,
      ),
    ]);
  });

  for (const [name, pages] of [
    ['ten pages', 10],
    ['seven hundred', 700],
  ] as const) {
    it(`draws cookies as long as they are: ${name}`, () => {
      const seen = see({ length: pages * 4096 - 100, frames: 'scattered', off: 50 });
      const cookies = seen.scene.windows.flatMap((w) => w.cookies);
      const boxes = cookieBoxes(seen);
      const [bar] = ofClass(seen, 'object');
      const scale = bar === undefined ? 0 : numberOf(bar, 'width') / seen.scene.request.length;
      const left = bar === undefined ? 0 : numberOf(bar, 'x');
      expect(cookies.length).toBeGreaterThan(pages / 2);
      for (const [i, { at, size }] of cookies.entries()) {
        // Rounded to hundredths of a pixel, both ends.
        expect(Math.abs((boxes[i]?.left ?? NaN) - left - at * scale)).toBeLessThan(0.02);
        expect(Math.abs((boxes[i]?.right ?? NaN) - left - (at + size) * scale)).toBeLessThan(0.03);
      }
    });
  }

  it('draws frames of one width, in the order of their addresses', () => {
    const seen = see({ length: 9 * 4096, pfns: [3, 5, 4, 0x2000, 0x200000, 9, 10, 11, 1] });
    const runs = ofClass(seen, 'own').filter((e) => e.name === 'rect');
    expect(runs.map((e) => numberOf(e, 'data-frames'))).toEqual([1, 3, 3, 1, 1]);
    const widths = runs.map((e) => numberOf(e, 'width') / numberOf(e, 'data-frames'));
    expect(Math.max(...widths) - Math.min(...widths)).toBeLessThan(0.02);
    const places = runs.map((e) => numberOf(e, 'x'));
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('shows bytes that a kernel loses', () => {
    const seen = see(losing);
    expect(faults(seen)).toEqual([]);
    const lost = ofClass(seen, 'lost').map((e) => e.children[0]?.text);
    expect(lost.length).toBeGreaterThan(0);
    expect(see({ ...losing, kernel: 'contract' }).svg).not.toContain('in no window');
  });

  it('shows a refusal with its code, its reason and the attribute at fault', () => {
    const seen = see({ attr: anyAttr({ dma_attr_sgllen: 1 }), length: 9000, frames: 'scattered' });
    expect(faults(seen)).toEqual([]);
    const texts = textsOf(seen).map((t) => t.text);
    expect(texts).toContain('DDI_DMA_TOOBIG');
    expect(texts).toContain('ddi_dma_addr_bind_handle: DDI_DMA_TOOBIG');
    expect(texts.join(' ')).toContain('needs 3 segments and the list has 1 entries');
    expect(texts).toContain('is why it is refused');
    expect(ofClass(seen, 'cookie')).toEqual([]);
  });

  it('shows a panic', () => {
    const attr = anyAttr({ dma_attr_sgllen: 1 });
    const but = { attr, length: 9000, frames: 'scattered', partial: true } as const;
    const seen = see({ ...but, kernel: 'production' });
    expect(faults(seen)).toEqual([]);
    expect(textsOf(seen).map((t) => t.text)).toContain('panic');
    expect(seen.svg).toContain('divide by zero');
  });

  it('names findings', () => {
    const seen = see({ attr: anyAttr({ dma_attr_granular: 512 }), length: 4000 });
    expect(textsOf(seen).map((t) => t.text)).toContain('finding: NOT_GRANULAR');
  });

  it('asks for nothing from elsewhere', () => {
    const { svg } = see(bounceAndWindows);
    const urls = svg.match(/\w+:\/\/[^"' ]*/g);
    expect(urls).toEqual(['http://www.w3.org/2000/svg']);
    expect(svg).not.toMatch(/<script|<image|<use|@import|@font-face|href/);
    expect(svg.match(/url\((?!#)/)).toBeNull();
  });

  it('has colours for light and for dark', () => {
    const { svg } = see();
    expect(svg).toContain('@media(prefers-color-scheme:dark)');
    const classes = new Set(
      [...svg.matchAll(/class="([^"]*)"/g)].flatMap(([, c = '']) => c.split(' ')),
    );
    const style = /<style>(.*)<\/style>/.exec(svg)?.[1] ?? '';
    const unstyled = ['own', 'device', 'window', 'object', 'cookie', 'cookies', 'filled'];
    const missing = [...classes].filter((c) => !style.includes(`.${c}{`) && !unstyled.includes(c));
    expect(missing).toEqual([]);
  });

  it('is text that XML can hold, whatever is in it', () => {
    const title = '<&> "quoted" \'\u0000\u0007 \ud800 \uffff ]]> --';
    const scene = playScene(request({ title }));
    expect(faults(see({ title }))).toEqual([]);
    expect(drawPicture(scene, title)).not.toContain('<&>');
  });

  it('is the same each time', () => {
    expect(see(bounceAndWindows).svg).toBe(see(bounceAndWindows).svg);
  });

  it('of any bind is sound', () => {
    fc.assert(
      fc.property(anyRequest(), (but) => {
        expect(faults(see(but))).toEqual([]);
      }),
      { numRuns: 80 },
    );
  });
});

/** The rest of a cookie and all of the next are too much for a window: the third has no size. */
const losing: Partial<SceneRequest> = {
  attr: anyAttr({ dma_attr_sgllen: 2, dma_attr_granular: 512, dma_attr_maxxfer: 0x2000n }),
  off: 3900,
  length: 196 + 3 * 4096,
  pfns: [0x100, 0x200, 0x300, 0x301],
  partial: true,
  kernel: 'production',
};

function anyRequest(): fc.Arbitrary<Partial<SceneRequest>> {
  const limit = (...likely: bigint[]): fc.Arbitrary<bigint> =>
    fc.oneof(fc.constantFrom(...likely, 0xffff_ffff_ffff_ffffn), fc.bigInt(0n, 1n << 44n));
  const attr = fc.record({
    dma_attr_addr_lo: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0n) },
      limit(0x1000n, 1n << 24n),
    ),
    dma_attr_addr_hi: limit(0xff_ffffn, 0xffff_ffffn, 0x3fff_ffffn),
    dma_attr_count_max: limit(0xfffn, 0xffffn, 0x1ffffn),
    dma_attr_maxxfer: limit(0x1000n, 0xffffn, 0x10000n),
    dma_attr_seg: limit(0xfffn, 0xffffn, 0xffff_ffffn),
    dma_attr_sgllen: fc.constantFrom(-1, 1, 2, 4, 17),
    dma_attr_granular: fc.constantFrom(1, 1, 512, 4096),
    dma_attr_align: fc.constantFrom(1n, 4n, 4096n),
  });
  return fc.record({
    attr: attr.map(anyAttr),
    off: fc.oneof(fc.constant(0), fc.nat(4095)),
    length: fc.oneof(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 1, max: 300_000 })),
    frames: fc.constantFrom('contiguous', 'scattered', 'descending', 'fragmented', 'mixed'),
    partial: fc.boolean(),
    kernel: fc.constantFrom(...ruleBookNames),
    seed: fc.nat(100),
  });
}
