/** Patterns with `*` and `?`, as a shell would match them if a slash were a letter. */

/**
 * A pattern as a test.
 *
 * @param pattern - `*` stands for any characters, `?` for one, everything else for itself
 * @returns whether a text matches as a whole
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  const whole = new RegExp(`^${source}$`, 's');
  return (text) => whole.test(text);
}
