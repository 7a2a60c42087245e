import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linesOf } from '../recordings/recordings.js';
import { ddiDma } from './io.js';

let dir = '';
const file = (name: string, content: string | Buffer): string => {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
};
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ddi-dma-'));
});
afterAll(() => {
  rmSync(dir, { recursive: true });
});

const lines = linesOf('bind').slice(0, 5);
const good = `${lines.join('\n')}\n`;
/** The first case, recorded otherwise. */
const other = good.replace('"ncookies":1,', '"ncookies":2,').replace('"unbind":0', '"unbind":1');

describe('ddi-dma replay', () => {
  it('replays a recording, compressed or not, and several at once', async () => {
    const plain = file('good.jsonl', good);
    const gz = file('good.jsonl.gz', gzipSync(good));
    const br = file('good.jsonl.br', brotliCompressSync(good));
    for (const path of [plain, gz, br]) {
      expect(await ddiDma(['replay', path])).toEqual({
        code: 0,
        out: 'bind         5 of 5 agree\nproduction: 5 of 5 cases agree\n',
        err: '',
      });
    }
    const { code, out } = await ddiDma(['replay', '--kernel', 'debug', plain, gz, br]);
    expect(code).toBe(0);
    expect(out).toMatch(/^debug: 15 of 15 cases agree$/m);
  });

  it('tells its options', async () => {
    const { code, out, err } = await ddiDma(['replay', '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^usage: ddi-dma replay \[options\] FILE\.\.\.\n/);
    expect((await ddiDma(['--help'])).out).toMatch(/^ {2}replay {2}/m);
  });

  it('does without a line end, and with empty lines and carriage returns', async () => {
    const path = file('odd.jsonl', `\r\n${lines.join('\r\n\r\n')}`);
    expect((await ddiDma(['replay', path])).out).toMatch(/5 of 5/);
  });

  it('prints one line for each difference, and ends with 1', async () => {
    const { code, out, err } = await ddiDma(['replay', file('other.jsonl', other)]);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out.split('\n')).toEqual([
      'bind-00003 ncookies: expected 2, got 1',
      'bind-00003 unbind: expected 1, got 0',
      '',
      'bind         4 of 5 agree',
      'production: 4 of 5 cases agree',
      '',
    ]);
  });

  it('shows as many differences as it is told to, and counts all', async () => {
    const path = file('other.jsonl', other);
    const one = await ddiDma(['replay', '--limit', '1', path]);
    expect(one.out).toMatch(/^bind-00003 ncookies.*\n\.\.\. and 1 more\n\nbind +4 of 5 agree\n/);
    const none = await ddiDma(['replay', '--limit', '0', path]);
    expect(none).toMatchObject({ code: 1, err: '' });
    expect(none.out).toMatch(/^\.\.\. and 2 more\n/);
  });

  it('prints JSON that is JSON', async () => {
    const path = file('other.jsonl', other);
    const { code, out } = await ddiDma(['replay', '--json', path]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      kernel: 'production',
      families: {
        bind: { cases: 5, agree: 4, differ: 1, notComparable: {}, exempt: {}, findings: {} },
      },
      differing: [
        {
          file: path,
          line: 1,
          id: 'bind-00003',
          family: 'bind',
          differences: [
            { field: 'ncookies', expected: 2, got: 1 },
            { field: 'unbind', expected: 1, got: 0 },
          ],
        },
      ],
    });
    const limited = await ddiDma(['replay', '--json', '--limit', '1', path]);
    expect(JSON.parse(limited.out)).toMatchObject({ differing: [{ differences: [{}] }] });
  });

  it('differs under the rule book of the pages, where the real code breaks them', async () => {
    const path = file('all.jsonl', `${linesOf('bind').slice(0, 60).join('\n')}\n`);
    expect((await ddiDma(['replay', '--kernel', 'contract', path])).code).toBe(1);
  });

  it('replays drivers, and says which call of which was answered otherwise', async () => {
    const traces = linesOf('dma-traces');
    const path = file('traces.jsonl', traces.join('\n'));
    for (const kernel of ['contract', 'debug', 'production']) {
      const { code, out, err } = await ddiDma(['replay', '--kernel', kernel, path]);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(/^dma-traces {3}6 of 6 agree$/m);
      expect(out).toMatch(new RegExp(`^${kernel}: 6 of 6 cases agree$`, 'm'));
    }
    const [afe = ''] = traces;
    const last = afe.lastIndexOf('"c":"unbind"');
    const spoilt = afe.slice(0, last) + afe.slice(last).replace('"rc":0', '"rc":-1');
    const { code, out } = await ddiDma(['replay', file('spoilt.jsonl', spoilt)]);
    expect(code).toBe(1);
    expect(out).toMatch(/^afe calls\[\d+\]\.rc: expected -1, got 0$/m);
    expect(out).toMatch(/^dma-traces {3}0 of 1 agree$/m);
  });

  it('shows progress on a terminal and nowhere else', async () => {
    const path = file('good.jsonl', good);
    const { out, err } = await ddiDma(['replay', path], true);
    expect(err).toBe('\r\x1b[K0 of 5 cases\r\x1b[K');
    expect(out).not.toContain('\x1b');
  });

  it('names file and line of what it cannot read, and plays nothing', async () => {
    const broken = file('broken.jsonl', `${good}{"id":"bind-1"\n`);
    const { code, out, err } = await ddiDma(['replay', file('good.jsonl', good), broken]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`ddi-dma replay: ${broken}:6: not JSON: `);
    expect(err).not.toContain('    at ');
    const strange = file('strange.jsonl', '\n{"id":"dvma-1","in":{},"out":{}}\n');
    expect((await ddiDma(['replay', strange])).err).toContain(
      `${strange}:2: id "dvma-1": no family that can be replayed`,
    );
  });

  it('refuses a file with nothing in it, and one that is not what its name says', async () => {
    const bad: readonly (readonly [string, string | Buffer, RegExp])[] = [
      ['empty.jsonl', '', /empty\.jsonl: no case is in it/],
      ['blank.jsonl', '\n \n', /blank\.jsonl: no case is in it/],
      ['empty.jsonl.gz', gzipSync(''), /empty\.jsonl\.gz: no case is in it/],
      ['bad.jsonl.gz', good, /bad\.jsonl\.gz: cannot be decompressed: /],
      ['bad.jsonl.br', good, /bad\.jsonl\.br: cannot be decompressed: /],
      ['cut.jsonl.gz', gzipSync(good).subarray(0, 99), /cut\.jsonl\.gz: cannot be decompressed: /],
      ['zip.jsonl', gzipSync(good), /zip\.jsonl:1: not JSON: /],
    ];
    for (const [name, content, message] of bad) {
      const { code, out, err } = await ddiDma(['replay', file(name, content)]);
      expect({ code, out }, name).toEqual({ code: 2, out: '' });
      expect(err).toMatch(message);
    }
  });

  const bad: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /which recordings\? FILE\.\.\. is missing/],
    [['--nonsense'], /Unknown option '--nonsense'/],
    [['--kernel', 'linux', 'x'], /--kernel "linux": there is contract, debug, production/],
    [['--kernel', '', 'x'], /--kernel ""/],
    [['--limit', 'x', 'x'], /--limit "x": a whole number is wanted/],
    [['--limit', '-1', 'x'], /--limit/],
    [['--limit=-1', 'x'], /--limit "-1"/],
    [['--limit', '1.5', 'x'], /--limit "1\.5"/],
    [['--json=yes', 'x'], /'--json' does not take an argument/],
    [['/nonexistent/file'], /\/nonexistent\/file: cannot be read: ENOENT/],
    [['/'], /\/: cannot be read: EISDIR/],
  ];
  for (const [args, message] of bad) {
    it(`refuses ${args.join(' ') || 'nothing'}`, async () => {
      const { code, out, err } = await ddiDma(['replay', ...args]);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(message);
      expect(err.startsWith('ddi-dma replay: ')).toBe(true);
    });
  }
});
