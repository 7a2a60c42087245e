/** A command line whose output is kept. */
import { main } from '../../src/cli/main.js';

/** What one command line left. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `ddi-dma ARGS` in this process. */
export async function ddiDma(args: readonly string[], terminal = false): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await main(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    errIsTerminal: terminal,
  });
  return { code, out, err };
}
