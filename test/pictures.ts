/**
 * Pictures of the examples: each tells the command that draws it, and is what that command draws.
 */
import { draw } from '../src/cli/draw.js';
import { parseXml } from './support/xml.js';

/**
 * Draws a picture again.
 *
 * @param svg - a picture of `ddi-dma draw`
 * @returns what its command draws now
 */
export async function redrawn(svg: string): Promise<string> {
  const words = wordsOf(commandOf(svg));
  const [program, verb, ...args] = words;
  if (program !== 'ddi-dma' || verb !== 'draw')
    throw new Error(`not ddi-dma draw: ${words.join(' ')}`);
  let out = '';
  const code = await draw.run(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      throw new Error(text);
    },
    errIsTerminal: false,
  });
  if (code !== 0) throw new Error(`exit code ${code}`);
  return out;
}

/** The command a picture tells. */
export function commandOf(svg: string): string {
  return parseXml(svg).children.find((e) => e.name === 'desc')?.text ?? '';
}

/** The words of a command, as a shell has them. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/(?:'[^']*'|\\'|[^\s'])+/g)].map(([word]) =>
    word.replace(/\\'|'([^']*)'/g, (_, plain: string | undefined) => plain ?? "'"),
  );
}
