/**
 * A plain rendering of a man page, for where mandoc is not installed.
 *
 * It knows the macros the pages of this package use, and no more: text is filled to 78 columns,
 * literal displays are left as they are, emphasis is dropped. A macro it does not know is shown as
 * its arguments, so that nothing of a page is ever lost.
 */

/** Columns of filled text. */
const WIDTH = 78;
/** Columns of one step of indentation. */
const STEP = 4;

const escapes: Readonly<Record<string, string>> = {
  dq: '"',
  aq: "'",
  em: '-',
  en: '-',
  lq: '"',
  rq: '"',
  '<=': '<=',
  '>=': '>=',
  '!=': '!=',
  '->': '->',
  bu: '*',
};

/** Macros that put something around their arguments. */
const wrapped: Readonly<Record<string, readonly [string, string]>> = {
  Dq: ['"', '"'],
  Qq: ['"', '"'],
  Ql: ["'", "'"],
  Sq: ["'", "'"],
  Pq: ['(', ')'],
  Op: ['[', ']'],
  In: ['#include <', '>'],
};

/** Macros that are their arguments. */
const plain = new Set(
  'Ar Cm Dv Em Er Ev Fa Ft Ic Li Lk Mt Nm No Pa Sx Sy Tn Va Vt'.split(' '),
) as ReadonlySet<string>;

/** The escapes of roff, resolved in one pass: what an escape stands for is no escape again. */
function unescape(text: string): string {
  const escape = /\\(?:".*$|f\[\w*\]|f\w|\((..)|\[([^\]]+)\]|(.))/g;
  return text.replace(escape, (_all, two?: string, long?: string, one?: string) => {
    const name = two ?? long;
    if (name !== undefined) return escapes[name] ?? '?';
    if (one === undefined || one === '&') return '';
    if (one === 'e') return '\\';
    return one === '~' || one === '0' ? ' ' : one;
  });
}

/** The arguments of a macro line; quotes keep words together. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/"((?:[^"]|"")*)"?|(\S+)/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  );
}

const closing = /^[.,:;)\]?!]+$/;
const opening = /^[([]$/;

/** Joins words as text is set: no space before closing marks, none where `Ns` says so. */
function join(parts: readonly string[]): string {
  let text = '';
  let tight = true;
  for (const part of parts) {
    if (part === '\u0000') {
      tight = true;
      continue;
    }
    text += tight || closing.test(part) ? part : ` ${part}`;
    tight = opening.test(part);
  }
  return text;
}

/** What a line of macro calls says. */
class Phrase {
  readonly #name: string;

  /** @param name - what `Nm` without arguments stands for */
  constructor(name: string) {
    this.#name = name;
  }

  /** The text of `macro args`, macros among the arguments included. */
  say(macro: string, args: readonly string[]): string {
    // Closing marks at the end belong after what the macro makes of its arguments.
    let end = args.length;
    while (end > 0 && closing.test(args[end - 1] ?? '')) end--;
    const next = args.findIndex((a, i) => i < end && this.says(a));
    const own = args.slice(0, next < 0 ? end : next).map(unescape);
    const rest = next < 0 ? [] : [this.say(args[next] ?? '', args.slice(next + 1, end))];
    const after = args.slice(end).map(unescape);
    const wrap = wrapped[macro];
    if (wrap !== undefined)
      return join([`${wrap[0]}${join([...own, ...rest])}${wrap[1]}`, ...after]);
    return join([...this.#own(macro, own), ...rest, ...after]);
  }

  /** Whether a word is a macro it can say. */
  says(word: string): boolean {
    return plain.has(word) || word in wrapped || ['Fl', 'Fn', 'Xr', 'Ns'].includes(word);
  }

  #own(macro: string, args: readonly string[]): readonly string[] {
    const [first = '', second, ...more] = args;
    switch (macro) {
      case 'Nm':
        return args.length === 0 ? [this.#name] : args;
      case 'Xr':
        return second === undefined ? args : [`${first}(${second})`, ...more];
      case 'Fn':
        return [`${first}(${args.slice(1).join(', ')})`];
      case 'Fl':
        return [`-${first}`, ...args.slice(1)];
      case 'Nd':
        return ['-', ...args];
      case 'Ns':
        return ['\u0000', ...args];
      default:
        return args;
    }
  }
}

/** A list under way. */
interface List {
  readonly kind: string;
  count: number;
}

/** The page under way. */
class Sheet {
  readonly #out: string[] = [];
  #filled: string[] = [];
  indent = 0;
  /** What the next paragraph begins with, to the left of it. */
  hang = '';

  /** Adds words to the paragraph. */
  add(text: string): void {
    if (text !== '') this.#filled.push(text);
  }

  /** Ends the paragraph. */
  flush(): void {
    const text = join(this.#filled);
    this.#filled = [];
    if (text === '') return;
    let line = ' '.repeat(Math.max(this.indent - this.hang.length, 0)) + this.hang;
    this.hang = '';
    let empty = true;
    for (const word of text.split(/ +/)) {
      if (!empty && line.length + 1 + word.length > WIDTH) {
        this.#out.push(line);
        line = ' '.repeat(this.indent);
        empty = true;
      }
      line += empty ? word : ` ${word}`;
      empty = false;
    }
    this.#out.push(line);
  }

  /** Adds a line as it is. */
  line(text: string): void {
    this.flush();
    this.#out.push(text === '' ? '' : ' '.repeat(this.indent) + text);
  }

  /** An empty line, never two. */
  gap(): void {
    this.flush();
    if (this.#out.length > 0 && this.#out.at(-1) !== '') this.#out.push('');
  }

  text(): string {
    this.flush();
    return `${this.#out.join('\n').trimEnd()}\n`;
  }
}

/** Turns the lines of one page into a sheet. */
class Renderer {
  readonly sheet = new Sheet();
  readonly #phrase: Phrase;
  readonly #lists: List[] = [];
  #literal = false;
  #synopsis = false;
  /** The function prototype under way, `Fo` to `Fc`. */
  #call: { readonly name: string; readonly args: string[] } | null = null;

  /** @param name - what the page is about */
  constructor(name: string) {
    this.#phrase = new Phrase(name);
  }

  /** One line of the source. */
  line(line: string): void {
    if (line.startsWith('.\\"')) return;
    const [, macro, rest = ''] = /^\.(\w+)\s*(.*)$/.exec(line) ?? [];
    if (macro !== undefined) this.#macro(macro, words(rest));
    else if (this.#literal) this.sheet.line(unescape(line));
    else this.sheet.add(unescape(line));
  }

  #macro(macro: string, args: readonly string[]): void {
    const text = join(args.map(unescape));
    switch (macro) {
      case 'Dd':
      case 'Os':
        return;
      case 'Dt':
        this.sheet.line(`${args[0] ?? ''}(${args[1] ?? ''})`);
        return;
      case 'Sh':
      case 'Ss':
        this.#heading(text, macro === 'Sh' ? 0 : STEP / 2);
        return;
      case 'Pp':
        this.sheet.gap();
        return;
      case 'Bl':
      case 'It':
      case 'El':
        this.#list(macro, args);
        return;
      case 'Bd':
      case 'Ed':
        this.#display(macro === 'Bd');
        return;
      case 'Dl':
      case 'D1':
        this.sheet.line(' '.repeat(STEP) + text);
        return;
      case 'Ft':
        this.sheet.gap();
        this.sheet.line(text);
        return;
      case 'Fo':
        this.#call = { name: args[0] ?? '', args: [] };
        return;
      case 'Fc':
        this.#prototype();
        return;
      default:
        break;
    }
    if (macro === 'Fa' && this.#call !== null) {
      this.#call.args.push(...args.map(unescape));
      return;
    }
    // Each way to call a program begins a line.
    if (macro === 'Nm' && this.#synopsis) this.sheet.flush();
    this.sheet.add(this.#phrase.say(macro, args));
  }

  #heading(text: string, indent: number): void {
    this.sheet.gap();
    this.sheet.indent = indent;
    this.sheet.line(text);
    this.sheet.indent = STEP;
    this.#synopsis = text === 'SYNOPSIS';
  }

  #display(begins: boolean): void {
    this.sheet.gap();
    this.#literal = begins;
    this.sheet.indent += begins ? STEP : -STEP;
  }

  #prototype(): void {
    const { name, args } = this.#call ?? { name: '', args: [] };
    this.#call = null;
    this.sheet.line(`${name}(`);
    for (const arg of args) this.sheet.line(`${' '.repeat(STEP)}${arg},`);
    this.sheet.line(');');
  }

  #list(macro: 'Bl' | 'It' | 'El', args: readonly string[]): void {
    if (macro === 'It') {
      this.#item(args);
      return;
    }
    this.sheet.gap();
    if (macro === 'Bl') this.#lists.push({ kind: args[0] ?? '-tag', count: 0 });
    else this.#lists.pop();
    this.sheet.indent = STEP * (1 + this.#lists.length);
  }

  #item(args: readonly string[]): void {
    const list = this.#lists.at(-1);
    if (list === undefined) return;
    const { sheet } = this;
    list.count += 1;
    const [macro = '', ...rest] = args;
    if (list.kind === '-tag') {
      const phrase = this.#phrase;
      sheet.gap();
      sheet.indent -= STEP;
      sheet.line(phrase.says(macro) ? phrase.say(macro, rest) : join(args.map(unescape)));
      sheet.indent += STEP;
    } else if (list.kind === '-column') {
      sheet.line(
        join(args.map(unescape))
          .split(/ ?\bTa\b ?/)
          .join('  |  '),
      );
    } else {
      sheet.flush();
      sheet.hang = list.kind === '-enum' ? `${list.count}. ` : '* ';
    }
  }
}

/**
 * Renders a page.
 *
 * @param source - the page in mdoc
 * @returns text, lines of 78 columns at most except in literal displays
 */
export function renderMdoc(source: string): string {
  const renderer = new Renderer(/^\.Nm (\S+)/m.exec(source)?.[1] ?? '');
  for (const line of source.split('\n')) renderer.line(line);
  return renderer.sheet.text();
}
