/**
 * Turns the trailing `// value` comments of an example into checks.
 *
 *   (1) expression; // value            the value of the expression
 *   (2) const x = ...; // value         the value of x
 *   (3) const { a, b } = ...; // value  the object of the names bound
 *   (4) console.log(...); // text       what is printed, without quotes
 *
 * The checks are written into the text, so that lines stay where they are. Run time finds
 * `__show(n, value)` and `__log(n)(...args)` on globalThis, n being the number of the check.
 */
import ts from 'typescript';

/** A comment that states a value. */
export interface Claim {
  /** Line within the example, from 1. */
  readonly line: number;
  readonly text: string;
}

/** An example, ready to run. */
export interface Instrumented {
  readonly code: string;
  readonly claims: readonly Claim[];
  /** States a value or prints. */
  readonly shows: boolean;
}

interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

/** Writes the checks into an example. */
export function instrument(code: string): Instrumented {
  const source = ts.createSourceFile('example.ts', code, ts.ScriptTarget.ES2023, true);
  const claims: Claim[] = [];
  const edits: Edit[] = [];
  let prints = false;

  const visit = (node: ts.Node): void => {
    if (isPrint(node)) prints = true;
    const text = claimOf(node, code);
    if (text !== undefined) {
      const n = claims.length;
      const made = check(node, n);
      if (made !== undefined) {
        edits.push(...made);
        const { line } = source.getLineAndCharacterOfPosition(node.getEnd());
        claims.push({ line: line + 1, text });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);

  return {
    code: apply(code, edits),
    claims,
    shows: prints || claims.length > 0,
  };
}

function isPrint(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && node.expression.getText() === 'console.log';
}

/** The `// value` behind a statement, if there is one on its last line. */
function claimOf(node: ts.Node, code: string): string | undefined {
  if (!ts.isExpressionStatement(node) && !ts.isVariableStatement(node)) return undefined;
  const range = ts
    .getTrailingCommentRanges(code, node.getEnd())
    ?.find((r) => r.kind === ts.SyntaxKind.SingleLineCommentTrivia);
  return range === undefined ? undefined : code.slice(range.pos + 2, range.end).trim();
}

function check(node: ts.Node, n: number): Edit[] | undefined {
  if (ts.isExpressionStatement(node)) {
    const { expression } = node;
    if (isPrint(expression)) {
      const callee = expression.expression;
      const remove = callee.getEnd() - callee.getStart();
      return [{ at: callee.getStart(), remove, insert: `__log(${n})` }];
    }
    return [
      { at: expression.getStart(), remove: 0, insert: `__show(${n}, (` },
      { at: expression.getEnd(), remove: 0, insert: '))' },
    ];
  }
  if (!ts.isVariableStatement(node)) return undefined;
  const names = node.declarationList.declarations.flatMap((d) => boundNames(d.name));
  const [first] = node.declarationList.declarations;
  const plain = names.length === 1 && first !== undefined && ts.isIdentifier(first.name);
  const value = plain ? names[0] : `{ ${names.join(', ')} }`;
  return [{ at: node.getEnd(), remove: 0, insert: `; __show(${n}, ${value});` }];
}

function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((e) => (ts.isOmittedExpression(e) ? [] : boundNames(e.name)));
}

/** Edits never overlap; those at one place apply in the order they were made. */
function apply(code: string, edits: readonly Edit[]): string {
  let out = '';
  let done = 0;
  for (const { at, remove, insert } of [...edits].sort((a, b) => a.at - b.at)) {
    out += code.slice(done, at) + insert;
    done = at + remove;
  }
  return out + code.slice(done);
}
