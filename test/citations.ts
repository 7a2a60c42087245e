/** How the project refers to man pages, read back. */

const group = String.raw`[A-Z]{2,}-\d+`;
const several = String.raw`${group}(?:(?:,| and| or| to|, and)\s+${group})*`;
const inProse = String.raw`\b([a-z]\w*)\((9[FSE])\)\s+(${several})`;
const inStrings = String.raw`\b(?:[a-z]\w*\.9[fse]|interplay)/${group}\b`;

/**
 * The clauses a text cites: `page(9F) GROUP-n` in prose, several at once (`DS-1, DS-2 and DS-3`)
 * and across the end of a comment line too, and `page.9f/GROUP-n` in strings.
 *
 * @returns ids as the registry has them
 */
export function citations(text: string): string[] {
  const prose = text.replace(/\n[ \t]*(\*|\/\/)[ \t]+/g, ' ');
  const told = [...prose.matchAll(new RegExp(inProse, 'g'))].flatMap(
    ([, page = '', section = '', list = '']) =>
      (list.match(new RegExp(group, 'g')) ?? []).map(
        (id) => `${page}.${section.toLowerCase()}/${id}`,
      ),
  );
  return [...told, ...(text.match(new RegExp(inStrings, 'g')) ?? [])];
}

/** The names an mdoc page documents: the `.Nm` lines of its NAME section. */
export function namesOfPage(page: string): string[] {
  const [, section = ''] = /^\.Sh NAME\n([\s\S]*?)^\.(?:Nd|Sh)\b/m.exec(page) ?? [];
  return [...section.matchAll(/^\.Nm\s+(\w+)/gm)].map((m) => m[1] ?? '');
}
