/** The little of SVG that the pictures need, written so that it is always well-formed. */

/** Attributes of an element; numbers are rounded to hundredths. */
export type SvgAttributes = Readonly<Record<string, string | number>>;

/**
 * Text as XML has it.
 *
 * @param text - anything; characters that XML cannot hold become U+FFFD
 */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\P{Cc}\t\n\r]|\p{Cs}|\p{Noncharacter_Code_Point}/gu, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}

/**
 * A coordinate.
 *
 * @param value - pixels
 * @returns at most two decimals
 */
export function px(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/**
 * An element.
 *
 * @param name - its name
 * @param attributes - escaped here
 * @param content - escaped already; without it the element is empty
 */
export function element(name: string, attributes: SvgAttributes, content?: string): string {
  const list = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? px(value) : escapeXml(value)}"`)
    .join('');
  return content === undefined ? `<${name}${list}/>` : `<${name}${list}>${content}</${name}>`;
}

/** What a pointer resting on an element is told. */
export function tooltip(text: string): string {
  return `<title>${escapeXml(text)}</title>`;
}

/** The path of a rectangle, to be joined with others. */
export function rectPath(x: number, y: number, width: number, height: number): string {
  return `M${px(x)} ${px(y)}h${px(width)}v${px(height)}h${px(-width)}z`;
}
