import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesBelow, textOf } from '../files.js';
import { commandOf, redrawn } from '../pictures.js';
import { parseXml } from '../support/xml.js';
import { ddiDma } from './io.js';

describe('ddi-dma draw', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'ddi-dma-'));
  });
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });

  /** Draws; the picture. */
  async function drawn(...args: readonly string[]): Promise<string> {
    const { code, out, err } = await ddiDma(['draw', ...args]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(parseXml(out).name).toBe('svg');
    return out;
  }

  const goldens: readonly (readonly [string, readonly string[]])[] = [
    [
      'windows and a bounce page',
      ['--addr-hi', '0xffffff', '--sgllen', '2', '--length', '12000', '--offset', '100']
        .concat(['--pfns', '100 200 4000'])
        .concat('--partial'),
    ],
    [
      'a refusal',
      ['--sgllen', '2', '--length', '10000', '--pfns', '100 200 300', '--kernel', 'debug'],
    ],
  ];
  for (const [name, args] of goldens) {
    it(`draws ${name} as ever`, async () => {
      const file = `../draw/${name.replaceAll(' ', '-')}.svg.golden`;
      await expect(await drawn(...args)).toMatchFileSnapshot(file);
    });
  }

  it('draws without being told anything', async () => {
    expect(await drawn()).toContain('a device without limits');
  });

  it('draws for a real driver', async () => {
    const one = await drawn('--driver', 'e1000g', '--set', 'e1000g_tx_dma_attr');
    expect(one).toContain('>common/io/e1000g e1000g_tx_dma_attr<');
    expect(one).toMatch(/>dma_attr_sgllen<\/text>\n<text [^>]*>18</);
    const byName = await drawn('--set', 'e1000g_tx_dma_attr', '--sgllen=3');
    expect(byName).toContain('>common/io/e1000g e1000g_tx_dma_attr, but sgllen 3<');
    expect(byName).toMatch(/>dma_attr_sgllen<\/text>\n<text [^>]*>3</);
  });

  it('understands numbers with units, and negative ones', async () => {
    const svg = await drawn('--length', '8k', '--maxxfer=64K', '--sgllen=-1', '--seg=0xffff');
    expect(svg).toContain('8 KiB, 2 pages');
    expect(svg).toMatch(/>dma_attr_maxxfer<\/text>\n<text [^>]*>0x10000</);
    expect(svg).toContain('-1, no limit');
  });

  it('takes its length from the frames that are named', async () => {
    const svg = await drawn('--pfns', '100:3  0x2000', '--offset', '96');
    expect(svg).toContain('>16,288 B at offset 0x60 of its first page, 4 pages;');
  });

  it('writes a file, and nothing else', async () => {
    const path = join(dir, 'a.svg');
    const { code, out, err } = await ddiDma(['draw', '--length', '100', '--out', path]);
    expect({ code, out, err }).toEqual({ code: 0, out: '', err: '' });
    expect(readFileSync(path, 'utf8')).toBe(await drawn('--length', '100'));
  });

  it('tells how to draw it again', async () => {
    const svg = await drawn('--pfns', '100 200', '--partial', '--seed', '7');
    expect(commandOf(svg)).toBe("ddi-dma draw '--pfns=100 200' --partial --seed=7");
    expect(await redrawn(svg)).toBe(svg);
  });

  it('draws the largest object there may be', async () => {
    const svg = await drawn('--length', '8M', '--frames', 'scattered');
    expect(svg).toContain('2,048 pages');
    expect(svg.length).toBeLessThan(1_000_000);
  });

  it('draws every set of every driver', async () => {
    const corpus = JSON.parse(textOf('src/corpus/driver-attrs.json')) as {
      dma_attrs: { driver: string; name: string; dma_attr: Record<string, unknown> }[];
    };
    const complete = corpus.dma_attrs.filter((s) =>
      Object.values(s.dma_attr).every((v) => v !== null),
    );
    const every = complete.filter((_, i) => i % 9 === 0);
    for (const { driver, name } of every) {
      const { code, out, err } = await ddiDma(['draw', '--driver', driver, '--set', name]);
      // Some drivers have two sets of one name.
      if (code === 2) expect(err).toMatch(/: 2 attribute sets; /);
      else expect(out).toContain(name);
    }
  });

  const bad: readonly (readonly [readonly string[], RegExp])[] = [
    [['--nonsense'], /Unknown option '--nonsense'/],
    [['extra'], /Unexpected argument 'extra'/],
    [['--partial=yes'], /'--partial' does not take an argument/],
    [['--sgllen', '-1'], /--sgllen/],
    [['--sgllen', 'x'], /--sgllen "x": a whole number from -2147483648 to 2147483647 is wanted/],
    [['--sgllen', '2147483648'], /--sgllen "2147483648": a whole number/],
    [['--addr-hi', ''], /--addr-hi "": a whole number from 0 to 0xffffffffffffffff is wanted/],
    [['--addr-hi', '0x10000000000000000'], /--addr-hi "0x10000000000000000": a whole number/],
    [['--addr-hi=-1'], /--addr-hi "-1": a whole number/],
    [['--maxxfer', '1T'], /--maxxfer "1T": a whole number/],
    [['--maxxfer', '9'.repeat(500)], /a whole number/],
    [['--granular', '1.5'], /--granular "1.5"/],
    [['--length', '0'], /--length "0": a whole number from 1 to 8388608 is wanted/],
    [['--length', '9M'], /--length "9M": a whole number from 1 to 8388608/],
    [['--length', '8M', '--offset', '1'], /--length "8M": a whole number from 1 to 8388607/],
    [['--offset', '4096'], /--offset "4096": a whole number from 0 to 4095/],
    [['--seed', '4294967296'], /--seed "4294967296": a whole number/],
    [['--frames', 'random'], /--frames "random": there is contiguous, .*, mixed/],
    [['--kernel', 'illumos'], /--kernel "illumos": there is contract, debug, production/],
    [['--pfns', ''], /--pfns "": no frame is named/],
    [['--pfns', '12g'], /--pfns "12g": runs of frames are wanted, such as 5000:3/],
    [['--pfns', '100:0'], /--pfns "100:0": a run has one frame at least/],
    [['--pfns', '100:3 102'], /--pfns names frame 102 twice/],
    [['--pfns', '1:1000'], /--pfns: at most 2048 pages can be drawn/],
    [['--pfns', 'fffffffffffff'], /no frame has 2\^40 or a higher number/],
    [['--pfns', '1', '--length', '8000'], /--pfns names 1 pages; 8000 bytes at offset 0 touch 2/],
    [['--pfns', '1:5', '--length', '8000'], /--pfns names 5 pages; .* touch 2/],
    [['--driver', 'nobody'], /--driver "nobody": no attribute set is called so/],
    [['--driver', 'e1000g'], /--driver "e1000g": 3 attribute sets; --set says which: e1000g_tx/],
    [['--driver', 'common/io/*'], /attribute sets; --set says which: .* and \d+ more/],
    [['--driver', 'e1000g', '--set', 'tx'], /no attribute set is called so; it has e1000g_tx/],
    [['--set', 'nothing'], /--set "nothing": no attribute set is called so$/m],
    [['--out', '/nonexistent/a.svg'], /--out \/nonexistent\/a.svg: ENOENT/],
  ];
  for (const [args, message] of bad) {
    it(`refuses ${args.join(' ').slice(0, 60)}`, async () => {
      const { code, out, err } = await ddiDma(['draw', ...args]);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(message);
      expect(err.startsWith('ddi-dma draw: ')).toBe(true);
      expect(err).not.toContain('    at ');
    });
  }

  it('refuses a set that the source does not tell all of', async () => {
    const corpus = JSON.parse(textOf('src/corpus/driver-attrs.json')) as {
      dma_attrs: { driver: string; name: string; dma_attr: Record<string, unknown> }[];
    };
    const set = corpus.dma_attrs.find((s) => Object.values(s.dma_attr).includes(null));
    if (set === undefined) throw new Error('every set is complete');
    const { code, err } = await ddiDma(['draw', '--driver', set.driver, '--set', set.name]);
    expect(code).toBe(2);
    expect(err).toContain(`the source does not tell all of ${set.name}: dma_attr_`);
  });
});

describe('the pictures of the examples', () => {
  const pictures = filesBelow(['examples'], /\.svg$/);

  it('are there', () => {
    expect(pictures).toContain('examples/10-windows.svg');
    expect(pictures).toContain('examples/11-bounce.svg');
  });

  it.each(pictures)('%s is what its command draws', async (path) => {
    expect(await redrawn(textOf(path))).toBe(textOf(path));
  });

  it.each(pictures)('%s belongs to an example, and README shows it', (path) => {
    expect(filesBelow(['examples'], /\.ts$/)).toContain(path.replace(/\.svg$/, '.ts'));
    expect(textOf('README.md')).toContain(`](${path})`);
  });

  it.each(pictures)('%s has the windows the example prints', (path) => {
    const printed = textOf(path.replace(/\.svg$/, '.out'));
    const windows = [...printed.matchAll(/^window \d+: (\d+) bytes at (\d+), (\d+) cookies/gm)];
    expect(windows.length).toBeGreaterThan(1);
    for (const [i, [, size, offset, cookies]] of windows.entries()) {
      const data = `data-index="${i}" data-offset="${offset ?? ''}" data-size="${size ?? ''}"`;
      expect(textOf(path)).toContain(`${data} data-cookies="${cookies ?? ''}"`);
    }
  });
});
