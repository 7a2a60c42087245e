/** What a verb of the command line is. */

/** Where a verb writes, and what it may know of the terminal. */
export interface CliIo {
  /** Writes to standard output. */
  readonly out: (text: string) => void;
  /** Writes to standard error. */
  readonly err: (text: string) => void;
  /** Whether standard error is a person's terminal: progress is shown there and nowhere else. */
  readonly errIsTerminal: boolean;
}

/** Everything is as the pages say. */
export const EXIT_OK = 0;
/** Something is not. */
export const EXIT_WRONG = 1;
/** The command line or a file could not be understood. */
export const EXIT_USAGE = 2;

/** One verb. */
export interface Verb {
  /** One line for the list of verbs. */
  readonly summary: string;
  /** What `ddi-dma VERB --help` prints. */
  readonly help: string;
  /**
   * Does it.
   *
   * @param args - the arguments after the verb
   * @returns the exit code
   * @throws UsageError when the arguments make no sense
   */
  run(args: readonly string[], io: CliIo): Promise<number> | number;
}

/** Arguments or a file that make no sense; the message is for the person who gave them. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
