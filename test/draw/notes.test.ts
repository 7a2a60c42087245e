/** What a picture says of the attributes. */
import { describe, expect, it } from 'vitest';
import { notesOf } from '../../src/draw/notes.js';
import { playScene, type SceneRequest } from '../../src/draw/scene.js';
import { anyAttr } from '../support/attr.js';
import { request } from './look.js';

/** The notes that say something, by the field without its prefix. */
function said(but: Partial<SceneRequest>): Readonly<Record<string, string>> {
  const notes = notesOf(playScene(request(but))).filter((note) => note.said !== '');
  return Object.fromEntries(notes.map((n) => [n.field.replace('dma_attr_', ''), n.said]));
}

describe('the notes', () => {
  it('are silent when nothing was decided', () => {
    expect(said({ length: 20_000 })).toEqual({});
  });

  it('tell pages out of reach, on either side', () => {
    const attr = anyAttr({ dma_attr_addr_lo: 0x200000n, dma_attr_addr_hi: 0x3fffffffn });
    expect(said({ attr, pfns: [0x100, 0x400, 0x50000, 0x120000], length: 16384 })).toEqual({
      addr_lo: '1 of 4 pages below it: bounced',
      addr_hi: '2 of 4 pages above it: bounced',
    });
  });

  it('tell bounce pages for memory within reach', () => {
    const attr = anyAttr({ dma_attr_granular: 512, dma_attr_sgllen: 1 });
    const odd = { attr, pfns: [0x100, 0x200], off: 4000, length: 1024, partial: true };
    expect(said(odd)).toEqual({
      'bounce pages': '2 pages within reach bounced',
    });
  });

  it('tell what ends windows', () => {
    const four = { pfns: [1, 3, 5, 7], length: 16384, partial: true };
    expect(said({ ...four, attr: anyAttr({ dma_attr_sgllen: 2 }) })).toEqual({
      sgllen: 'ends 1 window',
    });
    expect(said({ ...four, attr: anyAttr({ dma_attr_maxxfer: 4096n }) })).toEqual({
      maxxfer: 'ends 3 windows',
    });
    const attr = anyAttr({ dma_attr_addr_hi: 0xffffffn });
    const pfns = Array.from({ length: 600 }, (_, i) => 0x100000 + i);
    expect(said({ attr, pfns, length: 600 * 4096, partial: true })).toEqual({
      addr_hi: '600 of 600 pages above it: bounced',
      'bounce pages': 'ends 2 windows',
    });
  });

  it('tell windows trimmed to the granularity', () => {
    const attr = anyAttr({ dma_attr_sgllen: 2, dma_attr_granular: 512 });
    expect(said({ attr, pfns: [1, 3, 5, 7], off: 100, length: 15_872, partial: true })).toEqual({
      sgllen: 'ends 2 windows',
      granular: 'trims 2 windows',
    });
  });

  it('tell cuts, and by which limit', () => {
    const run = { pfns: [16, 17, 18, 19, 20, 21, 22, 23], length: 32768 };
    expect(said({ ...run, attr: anyAttr({ dma_attr_seg: 0x1fffn }) })).toEqual({
      seg: 'cuts cookies 3 times',
    });
    expect(said({ ...run, attr: anyAttr({ dma_attr_count_max: 0x4fffn }) })).toEqual({
      count_max: 'cuts cookies once',
    });
  });

  it('tell why there is no bind', () => {
    const attr = anyAttr({ dma_attr_sgllen: 1 });
    const two = { attr, pfns: [1, 3], length: 8192 };
    expect(said(two)).toEqual({ sgllen: 'is why it is refused' });
    expect(said({ ...two, partial: true, kernel: 'debug' })).toEqual({
      sgllen: 'is why it panics',
    });
    expect(said({ ...two, attr: anyAttr({ dma_attr_granular: 0 }) })).toEqual({
      granular: 'is why it is refused',
    });
  });
});
