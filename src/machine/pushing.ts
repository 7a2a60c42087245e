/** The register spaces of a device that posts writes, as the CPU reaches them. */
import type { RegisterSpace, RegisterWidth } from './device.js';
import type { PostedWrites } from './posted.js';

/**
 * A register space whose reads push the writes of its device: the answer of a read travels behind
 * them, those that reading itself has caused included.
 */
export class PushingSpace implements RegisterSpace {
  readonly name: string;
  readonly kind: RegisterSpace['kind'];
  readonly sizeBytes: number;
  readonly #space: RegisterSpace;
  readonly #posted: PostedWrites;

  constructor(space: RegisterSpace, posted: PostedWrites) {
    this.name = space.name;
    this.kind = space.kind;
    this.sizeBytes = space.sizeBytes;
    this.#space = space;
    this.#posted = posted;
  }

  read(off: number, width: RegisterWidth): number {
    const value = this.#space.read(off, width);
    this.#posted.push();
    return value;
  }

  write(off: number, width: RegisterWidth, value: number): void {
    this.#space.write(off, width, value);
  }
}
