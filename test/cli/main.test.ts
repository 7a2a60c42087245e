import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Bus } from '../../src/machine/bus.js';
import { top } from '../files.js';
import { ddiDma } from './io.js';

describe('ddi-dma', () => {
  it('tells its verbs', async () => {
    for (const flag of ['--help', '-h', 'help']) {
      const { code, out, err } = await ddiDma([flag]);
      expect(code).toBe(0);
      expect(err).toBe('');
      for (const verb of ['corpus', 'conform', 'man'])
        expect(out).toMatch(new RegExp(`^  ${verb} `, 'm'));
    }
  });

  it('tells its version', async () => {
    expect(await ddiDma(['--version'])).toMatchObject({ code: 0, err: '' });
    expect((await ddiDma(['--version'])).out).toMatch(/^ddi-dma \d+\.\d+\.\d+\n$/);
  });

  it('tells the options of each verb, whatever else is there', async () => {
    for (const verb of ['corpus', 'conform', 'man']) {
      const { code, out, err } = await ddiDma([verb, '--nonsense', '--help']);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(new RegExp(`^usage: ddi-dma ${verb}`));
    }
  });

  it('is a program', () => {
    const program = ['--import', 'tsx', join(top, 'src/cli/main.ts')];
    const run = (...args: readonly string[]): ReturnType<typeof spawnSync> =>
      spawnSync(process.execPath, [...program, ...args], { cwd: top, encoding: 'utf8' });
    expect(run('--version')).toMatchObject({ status: 0, stderr: '' });
    expect(run('nonsense')).toMatchObject({ status: 2, stdout: '' });
  });

  it('wants a verb', async () => {
    expect(await ddiDma([])).toMatchObject({ code: 2, out: '' });
  });

  for (const verb of ['corpsu', '', '--nonsense', 'constructor', '__proto__']) {
    it(`knows no verb "${verb}"`, async () => {
      const { code, out, err } = await ddiDma([verb]);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(`there is no verb "${verb}"`);
    });
  }
});

describe('ddi-dma corpus', () => {
  let dir = '';
  const file = (name: string, text: string): string => {
    const path = join(dir, name);
    writeFileSync(path, text);
    return path;
  };
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'ddi-dma-'));
  });
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });

  it('runs the drivers that match, by path or by name', async () => {
    const byName = await ddiDma(['corpus', '--driver', 'sfe']);
    expect(byName).toMatchObject({ code: 0, err: '' });
    expect(byName.out).toMatch(/2 attribute sets of 1 driver:/);
    const byPath = await ddiDma(['corpus', '--driver', 'common/io/s?e']);
    expect(byPath.out).toBe(byName.out);
    const none = await ddiDma(['corpus', '--driver', 'sf']);
    expect(none.code).toBe(2);
  });

  it('shows progress on a terminal and nowhere else', async () => {
    const { out, err } = await ddiDma(['corpus', '--driver', 'sfe'], true);
    expect(err).toMatch(/1 of 2 sets {2}common\/io\/sfe/);
    expect(err.endsWith('\r\x1b[K')).toBe(true);
    expect(out).not.toContain('\x1b');
  });

  it('ends with 1 when anything is wrong', async () => {
    const write = vi.spyOn(Bus.prototype, 'write').mockImplementation(() => undefined);
    const { code, out } = await ddiDma(['corpus', '--driver', 'sfe']);
    write.mockRestore();
    expect(code).toBe(1);
    expect(out).toMatch(/^DMA attributes .*: \d+ WRONG\n/);
  });

  it('prints JSON that is JSON', async () => {
    const { code, out } = await ddiDma(['corpus', '--driver', 'sfe', '--json', '--seed', '0x10']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ seed: 16, platform: 'i86pc', totals: { sets: 2 } });
  });

  it('runs under other rules, on other memory, with other frames', async () => {
    const args = ['--kernel', 'production', '--memory', 'small-low', '--frames', 'scattered'];
    const { code, out } = await ddiDma(['corpus', '--driver', 'afe', ...args]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /rule book production, memory small-low, frames scattered, seed 1: nothing/,
    );
    expect(out).toMatch(/^The kernel differs, by quirk$/m);
    const json = await ddiDma(['corpus', '--driver', 'afe', '--json', ...args]);
    const options = { kernel: 'production', memory: 'small-low', frames: 'scattered' };
    expect(JSON.parse(json.out)).toMatchObject({ ...options, totals: { wrong: 0 } });
  });

  it('runs the sets of a file', async () => {
    const attr =
      '{"version":0,"addr_lo":"0x0","addr_hi":"0xffffffff","count_max":"0xffff","align":"0x4",' +
      '"burstsizes":1,"minxfer":1,"maxxfer":"0xffffff","seg":"0xffff","sgllen":17,"granular":1,' +
      '"flags":0}';
    const path = file(
      'mine.json',
      `{"dma_attrs":[{"driver":"a/b","name":"c","dma_attr":${attr}}]}`,
    );
    const { code, out } = await ddiDma(['corpus', '--file', path]);
    expect(code).toBe(0);
    expect(out).toMatch(/^a\/b +1 /m);
  });

  const bad: readonly (readonly [readonly string[], RegExp])[] = [
    [['--nonsense'], /Unknown option '--nonsense'/],
    [['extra'], /Unexpected argument 'extra'/],
    [['--seed'], /'--seed <value>' argument missing/],
    [['--full=yes'], /'--full' does not take an argument/],
    [['--seed', 'x'], /--seed "x": a whole number from 0 to 4294967295/],
    [['--seed', ''], /--seed ""/],
    [['--seed', '1.5'], /--seed "1.5"/],
    [['--seed', '4294967296'], /--seed "4294967296"/],
    [['--platform', 'sun4u'], /--platform "sun4u": there is i86pc/],
    [['--kernel', 'linux'], /--kernel "linux": there is contract, debug, production/],
    [['--memory', 'none'], /--memory "none": there is usual, small-low/],
    [['--frames', 'tidy'], /--frames "tidy": there is mixed, contiguous, scattered, descending, /],
    [['--driver', 'nobody*'], /--driver "nobody\*": none of 92 drivers matches/],
    [['--driver', '['], /none of 92 drivers matches/],
    [['--file', '/nonexistent/file'], /--file \/nonexistent\/file: cannot be read: ENOENT/],
    [['--file', '/'], /--file \/: cannot be read: EISDIR/],
  ];
  for (const [args, message] of bad) {
    it(`refuses ${args.join(' ')}`, async () => {
      const { code, out, err } = await ddiDma(['corpus', ...args]);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(message);
      expect(err.startsWith('ddi-dma corpus: ')).toBe(true);
      expect(err).not.toContain('    at ');
    });
  }

  it('refuses a file that is not in the format, naming the place', async () => {
    const broken = file('broken.json', '{"dma_attrs": [');
    expect((await ddiDma(['corpus', '--file', broken])).err).toContain('broken.json: not JSON: ');
    const odd = file('odd.json', '{"dma_attrs": [{"driver": "a", "dma_attr": {"align": 4}}]}');
    const { code, err } = await ddiDma(['corpus', '--file', odd]);
    expect(code).toBe(2);
    expect(err).toContain('odd.json: dma_attrs[0].dma_attr.');
  });
});

describe('ddi-dma conform', () => {
  it('refuses what it does not know', async () => {
    const { code, out, err } = await ddiDma(['conform', '--nonsense']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('--nonsense');
  });
});
