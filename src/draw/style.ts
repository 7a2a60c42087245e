/**
 * Colours and type of the pictures.
 *
 * A picture paints its own background and has colours for light and for dark; what knows nothing of
 * `prefers-color-scheme` shows the light ones. Blocks are of middle brightness in both, so that
 * dark letters can stand on them. No font, script or file from elsewhere is asked for.
 */

/** How many colours windows take turns with. */
export const windowColours = 6;

const colours = ['#7fb0e6', '#f3bd64', '#79c9a0', '#e79bbd', '#b3a4ea', '#cfc463'] as const;

const sans = "system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif";
const mono = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace";

/**
 * The class of a window's colour; `none` where there is no window.
 *
 * @param window - its index, or -1
 */
export function colourClass(window: number): string {
  return window < 0 ? 'none' : `w${window % windowColours}`;
}

/** The class of the hatching of bounce pages a window uses. */
export function hatchClass(window: number): string {
  return window < 0 ? 'h' : `h${window % windowColours}`;
}

/** The style sheet and the patterns every picture begins with. */
export function styleAndPatterns(): string {
  const fills = colours.map((c, i) => `.w${i}{fill:${c}}.h${i}{fill:url(#ddi-dma-h${i})}`).join('');
  const strokes = colours.map((c, i) => `.line.w${i}{fill:none;stroke:${c}}`).join('');
  const style = [
    `text{font-family:${mono};fill:#1c2430}`,
    `.sans{font-family:${sans}}.bold{font-weight:600}.dim{fill:#667180}`,
    '.halo{paint-order:stroke;stroke:#f4f6f8;stroke-width:4px;stroke-linejoin:round}',
    '.ink{fill:#141a22}.red{fill:#b3261e}.white{fill:#ffffff}',
    '.ground{fill:#ffffff}.panel{fill:#f2f4f7;stroke:#cbd2da}',
    '.beyond{fill:#f7dedb}.limit{stroke:#b3261e}',
    '.page{fill:#d9dee5}.edge{fill:none;stroke:#7d8896}.rule{stroke:#ffffff}',
    '.none{fill:#b6bec9}.lost{fill:#f7dedb;stroke:#b3261e}.stub{fill:none;stroke:#98a2af}',
    '.tick{stroke:#98a2af}.good{fill:#1d7a4c}.part{fill:#9a6200}.bad{fill:#b3261e}',
    '.line.none{fill:none;stroke:#b6bec9}',
    '.arrow{fill:#4a5563}.box{fill:none;stroke:#b3261e}.h{fill:url(#ddi-dma-h)}',
    `${fills}${strokes}`,
    '@media(prefers-color-scheme:dark){text{fill:#e4e8ee}.dim{fill:#98a3b1}.ink{fill:#141a22}',
    '.red{fill:#ff9d94}.white{fill:#ffffff}.ground{fill:#14181e}',
    '.panel{fill:#1e242c;stroke:#3b4552}.beyond{fill:#4a2826}.limit{stroke:#ff8a80}',
    '.page{fill:#aab3bf}.edge{stroke:#5c6775}.rule{stroke:#14181e}.none{fill:#7b8593}',
    '.lost{fill:#4a2826;stroke:#ff8a80}.stub{stroke:#5c6775}.tick{stroke:#5c6775}',
    '.line.none{stroke:#7b8593;fill:none}.arrow{fill:#c3cbd5}.box{stroke:#ff8a80}',
    '.good{fill:#2c8f5d}.part{fill:#a86f0c}.bad{fill:#c0392f}}',
  ].join('');
  const hatch = (id: string, colour: string): string =>
    `<pattern id="ddi-dma-h${id}" width="7" height="7" patternUnits="userSpaceOnUse" ` +
    'patternTransform="rotate(45)">' +
    `<rect width="7" height="7" fill="#f4f6f8"/><rect width="4" height="7" fill="${colour}"/>` +
    '</pattern>';
  const patterns = [hatch('', '#c3cad3'), ...colours.map((c, i) => hatch(String(i), c))].join('');
  return `<style>${style}</style><defs>${patterns}</defs>`;
}
