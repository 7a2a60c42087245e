import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { renderMdoc } from '../../src/cli/mdoc.js';
import { filesBelow } from '../files.js';
import { ddiDma } from './io.js';

const path = process.env['PATH'];

afterEach(() => {
  process.env['PATH'] = path;
  vi.restoreAllMocks();
});

describe('ddi-dma man', () => {
  for (const name of ['ddi_dma_sync', 'ddi_dma_sync.9f', 'ddi_dma_sync(9F)', 'DDI_DMA_SYNC']) {
    it(`shows ${name}`, async () => {
      const { code, out, err } = await ddiDma(['man', name]);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain('DDI_DMA_SYNC(9F)');
      expect(out).toContain('RETURN VALUES');
      expect(out).not.toContain('\b');
    });
  }

  it('finds a page by any name it documents', async () => {
    const { out } = await ddiDma(['man', 'ddi_dma_cookie_get']);
    expect(out).toContain('DDI_DMA_COOKIE_ITER(9F)');
  });

  it('tells the pages of one name apart by their section', async () => {
    expect((await ddiDma(['man', 'ddi-dma.7'])).out).toContain('DDI-DMA(7)');
    expect((await ddiDma(['man', 'ddi-dma.1'])).out).toContain('DDI-DMA(1)');
  });

  it('does without mandoc', async () => {
    process.env['PATH'] = '';
    const { code, out } = await ddiDma(['man', 'ddi_dma_sync']);
    expect(code).toBe(0);
    expect(out).toContain('DDI_DMA_SYNC(9F)');
    expect(out).toContain('RETURN VALUES');
  });

  it('lists the pages', async () => {
    const { code, out } = await ddiDma(['man']);
    expect(code).toBe(0);
    expect(out).toMatch(/^ddi_dma_attr\.9s +\S/m);
    expect(out.trim().split('\n')).toHaveLength(filesBelow(['man'], /\.\d[a-z]?$/).length);
  });

  const bad: readonly (readonly [readonly string[], RegExp])[] = [
    [['nothing_of_the_kind'], /no page "nothing_of_the_kind"; the pages are .*ddi_dma_attr\.9s/],
    [['dma_sync'], /no page "dma_sync"; there are ddi_dma_sync\.9f/],
    [['ddi_dma_sync.9s'], /no page "ddi_dma_sync\.9s"/],
    [['../package.json'], /no page/],
    [['a', 'b'], /one page at a time/],
    [['--nonsense'], /Unknown option '--nonsense'/],
  ];
  for (const [args, message] of bad) {
    it(`refuses ${args.join(' ')}`, async () => {
      const { code, out, err } = await ddiDma(['man', ...args]);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(message);
    });
  }
});

describe('the plain rendering', () => {
  it('sets text, lists, displays and prototypes', () => {
    const page = [
      '.Dd November 20, 2026',
      '.Dt EXAMPLE 9F',
      '.Os',
      '.Sh NAME',
      '.Nm example',
      '.Nd shows macros',
      '.Sh SYNOPSIS',
      '.Fo example',
      '.Fa "int a"',
      '.Fa "char *b"',
      '.Fc',
      '.Sh DESCRIPTION',
      '.\\" a remark',
      'The call',
      '.Nm',
      'takes',
      '.Fa a ,',
      '.Fa b',
      '.Pq see Xr other 9F .',
      'It says \\(dqno\\(dq and a backslash \\e.',
      '.Bl -tag -width Ds',
      '.It Dv EINVAL',
      'Bad.',
      '.It 0',
      'Good.',
      '.El',
      '.Bl -bullet',
      '.It',
      'first',
      '.It',
      'second',
      '.El',
      '.Bd -literal',
      'as   it is',
      '.Ed',
      '.Op Fl -all',
    ].join('\n');
    expect(renderMdoc(page)).toBe(
      [
        'EXAMPLE(9F)',
        '',
        'NAME',
        '    example - shows macros',
        '',
        'SYNOPSIS',
        '    example(',
        '        int a,',
        '        char *b,',
        '    );',
        '',
        'DESCRIPTION',
        '    The call example takes a, b (see other(9F)). It says "no" and a backslash',
        '    \\.',
        '',
        '    EINVAL',
        '        Bad.',
        '',
        '    0',
        '        Good.',
        '',
        '      * first',
        '      * second',
        '',
        '        as   it is',
        '',
        '    [--all]',
        '',
      ].join('\n'),
    );
  });

  it('loses no word of any page', () => {
    for (const file of filesBelow(['man'], /\.\d[a-z]?$/)) {
      const source = readFileSync(file, 'utf8');
      const rendered = renderMdoc(source).replace(/\s+/g, ' ');
      const text = source
        .split('\n')
        .filter((l) => l !== '' && !l.startsWith('.') && !l.includes('\\'));
      for (const line of text) {
        expect(rendered, file).toContain(line.trim().replace(/\s+/g, ' '));
      }
    }
  });
});
