/**
 * Contexts: who is running.
 *
 * A *context* is a thread, one call of an interrupt handler, the machine's *hardware* while an
 * event runs, or the *boot* context in which everything outside `machine.run` happens. Rules of
 * the pages about where a call is allowed ask the context's kind, level and the locks it holds.
 */

/** The contexts the CONTEXT sections of the pages speak of. */
export type ContextKind = 'user' | 'kernel' | 'interrupt';

/** Something a context can hold. */
export interface Lock {
  /** For messages. */
  readonly name: string;
  /** Whether interrupt handlers take it too. */
  readonly forInterrupts: boolean;
}

/** Whoever is running. */
export interface Context {
  /** Its number, in order of creation on this machine. */
  readonly id: number;
  /** What a person calls it. */
  readonly name: string;
  readonly kind: ContextKind;
  /** 0 for a thread, 1 to 15 for an interrupt handler. */
  readonly level: number;
  /** The locks it holds, in order of acquisition. */
  readonly holds: Set<Lock>;
}

/**
 * A context as messages name it.
 *
 * @param context - any context
 */
export function describeContext(context: Context): string {
  if (context.level > 0) return `interrupt "${context.name}" (level ${String(context.level)})`;
  return `thread "${context.name}"`;
}
