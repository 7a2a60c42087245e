/**
 * The public surface of an entry of the package, as one text: what it exports, and every type of
 * ours that can be reached from there. Two texts differ exactly when the API does.
 *
 * Made from the declarations that the build emits, without comments and private members.
 */
import { join } from 'node:path';
import ts from 'typescript';
import { top } from '../files.js';

const src = join(top, 'src');

/** The declarations of everything in src/, as the compiler would emit them: path -> text. */
function emitDeclarations(): Map<string, string> {
  const read = ts.readConfigFile(join(src, 'tsconfig.json'), (f) => ts.sys.readFile(f));
  const { options, fileNames } = ts.parseJsonConfigFileContent(read.config, ts.sys, src);
  const program = ts.createProgram(fileNames, {
    ...options,
    incremental: false,
    outDir: join(top, 'dist'),
  });
  const texts = new Map<string, string>();
  program.emit(undefined, (path, text) => texts.set(path, text), undefined, true);
  return texts;
}

/** A program over declarations that no disk has. */
function programOver(texts: ReadonlyMap<string, string>): ts.Program {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    types: [],
  };
  const disk = ts.createCompilerHost(options);
  return ts.createProgram([...texts.keys()], options, {
    ...disk,
    fileExists: (path) => texts.has(path) || disk.fileExists(path),
    directoryExists: () => true,
    readFile: (path) => texts.get(path) ?? disk.readFile(path),
    getSourceFile: (path, target) => {
      const text = texts.get(path);
      return text === undefined
        ? disk.getSourceFile(path, target)
        : ts.createSourceFile(path, text, target, true);
    },
  });
}

/**
 * The surfaces of several entries.
 *
 * @param entries - declaration files relative to dist/, as package.json names them
 */
export function surfaces(entries: readonly string[]): string[] {
  const texts = emitDeclarations();
  const program = programOver(texts);
  return entries.map((entry) => surfaceOf(program, join(top, 'dist', entry), texts));
}

function surfaceOf(program: ts.Program, entry: string, texts: ReadonlyMap<string, string>): string {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(entry);
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${entry} is no module`);

  const resolve = (s: ts.Symbol): ts.Symbol =>
    (s.flags & ts.SymbolFlags.Alias) === 0 ? s : checker.getAliasedSymbol(s);
  const seen = new Set<ts.Symbol>();
  const inner: ts.Symbol[] = [];

  /** The text of a symbol; what it mentions of ours is kept for later. */
  const show = (symbol: ts.Symbol): string => {
    seen.add(symbol);
    return (symbol.declarations ?? []).map((d) => textOf(d, mention)).join('\n');
  };
  const mention = (identifier: ts.Identifier): void => {
    const found = checker.getSymbolAtLocation(identifier);
    if (found === undefined) return;
    const symbol = resolve(found);
    const home = symbol.declarations?.[0];
    if (home === undefined || !texts.has(home.getSourceFile().fileName)) return;
    if (isTopLevel(home)) inner.push(symbol);
  };

  const exported = checker
    .getExportsOfModule(module)
    .map((s) => ({ name: s.name, symbol: resolve(s) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, symbol }) =>
      name === symbol.name ? show(symbol) : `${show(symbol)}\n// as ${name}`,
    );
  const reached: { name: string; text: string }[] = [];
  for (let s = inner.shift(); s !== undefined; s = inner.shift()) {
    if (!seen.has(s)) reached.push({ name: s.name, text: show(s) });
  }
  reached.sort((a, b) => (a.name < b.name ? -1 : 1));
  return [
    '// Exported.',
    ...exported,
    '',
    '// Not exported; reached from there.',
    ...reached.map((r) => r.text),
    '',
  ].join('\n');
}

function isTopLevel(node: ts.Node): boolean {
  const holder = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  return ts.isSourceFile(holder.parent);
}

const printer = ts.createPrinter({ removeComments: true });

/** A declaration, printed; every identifier printed is mentioned. */
function textOf(declaration: ts.Declaration, mention: (identifier: ts.Identifier) => void): string {
  const file = declaration.getSourceFile();
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const bared = ts.isClassDeclaration(node) ? withoutPrivate(node) : node;
  const visit = (n: ts.Node): void => {
    if (ts.isIdentifier(n)) mention(n);
    ts.forEachChild(n, visit);
  };
  visit(bared);
  return printer.printNode(ts.EmitHint.Unspecified, bared, file);
}

/** A private constructor says something to the outside; other private members do not. */
function withoutPrivate(node: ts.ClassDeclaration): ts.ClassDeclaration {
  const open = node.members.filter(
    (m) =>
      ts.isConstructorDeclaration(m) ||
      ((ts.getCombinedModifierFlags(m) & ts.ModifierFlags.Private) === 0 &&
        !(m.name !== undefined && ts.isPrivateIdentifier(m.name))),
  );
  const { modifiers, name, typeParameters, heritageClauses } = node;
  return ts.factory.updateClassDeclaration(
    node,
    modifiers,
    name,
    typeParameters,
    heritageClauses,
    open,
  );
}
