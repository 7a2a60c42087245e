/**
 * Finds the examples of the documentation: every ```ts fence of a Markdown file or of a TSDoc
 * comment, and every literal display of a man page that follows a `.\" ts` line.
 *
 * Wherever it stands, an example ends up as TypeScript with the place it came from. The word
 * `no-output` after `ts` says that showing nothing is meant.
 */

/** An example as found. */
export interface Example {
  readonly file: string;
  /** The line of `file` on which the code begins, from 1. */
  readonly line: number;
  readonly code: string;
  /** Marked `no-output`. */
  readonly silent: boolean;
}

/** A place that looks like an example and cannot be one. */
export interface Fault {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** What a file holds. */
export interface Found {
  readonly examples: readonly Example[];
  readonly faults: readonly Fault[];
}

/** The examples of a file, by the kind of file it is. */
export function extract(file: string, text: string): Found {
  if (file.endsWith('.md')) return fences(file, text.split('\n'), 1);
  if (file.endsWith('.ts')) return tsdocFences(file, text);
  return displays(file, text.split('\n'));
}

/** Fences in lines of Markdown; the first line is line `first` of the file. */
function fences(file: string, lines: readonly string[], first: number): Found {
  const examples: Example[] = [];
  const faults: Fault[] = [];
  let open: { line: number; indent: string; info: string; code: string[] } | undefined;
  lines.forEach((text, i) => {
    const [, indent = '', info = ''] = /^(\s*)```(.*)$/.exec(text) ?? [];
    const isFence = /^\s*```/.test(text);
    if (open === undefined) {
      if (isFence) open = { line: first + i + 1, indent, info: info.trim(), code: [] };
      return;
    }
    if (!isFence) {
      open.code.push(text.startsWith(open.indent) ? text.slice(open.indent.length) : text);
      return;
    }
    const { line, info: was, code } = open;
    open = undefined;
    if (/^(typescript|javascript|js|tsx)\b/.test(was)) {
      faults.push({
        file,
        line: line - 1,
        message: `write \`\`\`ts, not \`\`\`${was}`,
      });
    } else if (/^ts\b/.test(was)) {
      examples.push({
        file,
        line,
        code: code.join('\n'),
        silent: was === 'ts no-output',
      });
    }
  });
  if (open !== undefined) {
    faults.push({
      file,
      line: open.line - 1,
      message: 'the fence is never closed',
    });
  }
  return { examples, faults };
}

function tsdocFences(file: string, text: string): Found {
  const examples: Example[] = [];
  const faults: Fault[] = [];
  for (const match of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const comment = match[0];
    const first = text.slice(0, match.index).split('\n').length;
    // The frame of stars goes, the lines stay.
    const lines = comment
      .slice(3, -2)
      .split('\n')
      .map((l) => l.replace(/^\s*\* ?/, ''));
    const found = fences(file, lines, first);
    examples.push(...found.examples);
    faults.push(...found.faults);
    if (/^\s*@example\b/m.test(lines.join('\n')) && found.examples.length === 0) {
      faults.push({
        file,
        line: first,
        message: '@example without a ```ts fence',
      });
    }
  }
  return { examples, faults };
}

/** Marked literal displays of an mdoc page. */
function displays(file: string, lines: readonly string[]): Found {
  const examples: Example[] = [];
  const faults: Fault[] = [];
  for (let i = 0; i < lines.length; i++) {
    const mark = /^\.\\" ts( no-output)?$/.exec(lines[i] ?? '');
    if (mark === null) continue;
    const line = i + 3;
    if (!/^\.Bd -literal\b/.test(lines[i + 1] ?? '')) {
      faults.push({
        file,
        line: i + 1,
        message: 'no .Bd -literal follows the mark',
      });
      continue;
    }
    const end = lines.indexOf('.Ed', i);
    if (end < 0) {
      faults.push({
        file,
        line: i + 2,
        message: 'the display is never closed',
      });
      break;
    }
    const code: string[] = [];
    lines.slice(i + 2, end).forEach((text, at) => {
      const decoded = decode(text);
      if (decoded === undefined) {
        faults.push({
          file,
          line: line + at,
          message: 'an escape or request not known here',
        });
      }
      code.push(decoded ?? '');
    });
    examples.push({
      file,
      line,
      code: code.join('\n'),
      silent: mark[1] !== undefined,
    });
    i = end;
  }
  return { examples, faults };
}

/** The characters an mdoc line stands for; undefined when it uses more than an example should. */
function decode(line: string): string | undefined {
  if (/^[.']/.test(line)) return undefined;
  const known: Readonly<Record<string, string>> = {
    '\\e': '\\',
    '\\&': '',
    '\\-': '-',
    '\\(aq': "'",
    '\\(dq': '"',
    '\\(ga': '`',
    '\\(ha': '^',
    '\\(ti': '~',
  };
  let sound = true;
  const text = line.replace(/\\(?:\(..|.)/g, (escape) => {
    sound &&= escape in known;
    return known[escape] ?? '';
  });
  return sound ? text : undefined;
}
