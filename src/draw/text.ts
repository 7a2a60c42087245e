/** Words and numbers as the pictures print them, and how much room they take. */

/** Width of a character of the fixed-width fonts in use, in ems; the widest of them has 0.602. */
const characterEms = 0.605;

/** Width of text in pixels, `size` being that of the font. */
export function textWidth(text: string, size: number): number {
  return text.length * size * characterEms;
}

/** An address or a limit. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** A number of bytes: `96 KiB` where that is exact, `98,305 B` where it is not. */
export function bytes(count: number): string {
  for (const [unit, size] of units) {
    if (count >= size && count % size === 0) return `${grouped(count / size)} ${unit}`;
  }
  return `${grouped(count)} B`;
}

const units = [
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
] as const;

/** A number with commas between the thousands. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 page`, `2 pages`. */
export function plural(count: number, word: string): string {
  return `${grouped(count)} ${word}${count === 1 ? '' : 's'}`;
}

/** Lines of at most so many characters; a word that is longer has a line of its own. */
export function wrapped(text: string, characters: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > characters) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
