/** A strict reader for the XML the product writes: elements, attributes, text, five entities. */

/** An element. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Text directly inside. */
  readonly text: string;
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

interface Open {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
}

/** Reads a document; throws where it is not well-formed. */
export function parseXml(source: string): XmlElement {
  // What XML 1.0 lets a document hold.
  if (/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(source)) {
    throw new Error('a character XML does not have');
  }
  const root: Open = { name: '', attributes: {}, children: [], text: '' };
  const open: Open[] = [root];
  const token = /<(\/?)([A-Za-z][\w:.-]*)((?:\s+[\w:.-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  let end = 0;
  for (let m = token.exec(source); m !== null; m = token.exec(source)) {
    end = token.lastIndex;
    const [, closes, name, attributes = '', empty, text] = m;
    const inside = open.at(-1) ?? root;
    if (text !== undefined) {
      if (inside === root && text.trim() !== '') throw new Error(`text outside: ${text}`);
      inside.text += unescaped(text);
    } else if (closes === '/') {
      const ended = open.pop();
      if (ended === undefined || ended === root || ended.name !== name) {
        throw new Error(`</${String(name)}> closes <${ended?.name ?? ''}>`);
      }
      open.at(-1)?.children.push(ended);
    } else {
      const element: Open = {
        name: name ?? '',
        attributes: read(attributes),
        children: [],
        text: '',
      };
      if (empty === '/') inside.children.push(element);
      else open.push(element);
    }
  }
  const [only] = root.children;
  if (end !== source.length) throw new Error(`not XML: ${source.slice(end, end + 60)}`);
  if (open.length > 1) throw new Error(`<${open.at(-1)?.name ?? ''}> is not closed`);
  if (only === undefined || root.children.length > 1) throw new Error('not one root');
  return only;
}

function read(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, key = '', value = ''] of text.matchAll(/([\w:.-]+)="([^"]*)"/g)) {
    if (key in attributes) throw new Error(`${key} twice`);
    attributes[key] = unescaped(value);
  }
  return attributes;
}

function unescaped(text: string): string {
  return text.replace(/&([^;]*;?)/g, (_, rest: string) => {
    const value = rest.endsWith(';') ? entities[rest.slice(0, -1)] : undefined;
    if (value === undefined) throw new Error(`&${rest} is no entity`);
    return value;
  });
}

/** Every element below and including one, in document order. */
export function elementsOf(root: XmlElement): readonly XmlElement[] {
  return [root, ...root.children.flatMap(elementsOf)];
}
