/** Citations are read in both forms, and a wrong one would be seen. */
import { expect, test } from 'vitest';
import { citations, namesOfPage } from './citations.js';

test.each<[string, string[]]>([
  ['// some_page(9F) DS-1: why', ['some_page.9f/DS-1']],
  [
    `// some_page(9S) SL-1, SL-2 and\n  // SL-3: why`,
    ['1', '2', '3'].map((n) => `some_page.9s/SL-${n}`),
  ],
  [`/**\n * some_page(9F)\n * OUT-12.\n */`, ['some_page.9f/OUT-12']],
  [`'some_page.9e/AT-1'`, ['some_page.9e/AT-1']],
  ["'interplay/IP-3'", ['interplay/IP-3']],
  [`see some_page(9F) for more`, []],
])('%j', (text, ids) => {
  expect(citations(text)).toEqual(ids);
});

test('the names of a man page', () => {
  const text = '.Dt A 9F\n.Sh NAME\n.Nm a_b ,\n.Nm a_c\n.Nd calls\n.Sh SYNOPSIS\n.Nm a_d\n';
  expect(namesOfPage(text)).toEqual(['a_b', 'a_c']);
});
