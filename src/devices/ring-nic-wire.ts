/**
 * The wire of a ring NIC: where packets go that are sent, and come from that are received.
 *
 * A wire has two ends. At one is the device; at the other a test, which sends and receives bytes,
 * or the wire of another device. It carries a packet at once: the device at its end takes the time.
 */

/** What a device does with a packet; the bytes are its own only until it returns. */
type Taker = (bytes: Uint8Array, at: number, len: number) => void;

/** One device's end of a cable, and the far end of it. */
export class Wire {
  /** The far end, when no device is there: called with a copy of every packet sent. */
  onReceive: ((packet: Uint8Array) => void) | null = null;
  readonly #take: Taker;
  readonly #linkChanged: () => void;
  #peer: Wire | null = null;
  #up = true;

  /**
   * @param take - what the device does with a packet that arrives
   * @param linkChanged - how the device hears that the link has come or gone
   */
  constructor(take: Taker, linkChanged: () => void) {
    this.#take = take;
    this.#linkChanged = linkChanged;
  }

  /** Whether there is a link. */
  get up(): boolean {
    return this.#up;
  }

  /** Plugs the cable in or pulls it out, at both ends. */
  set up(up: boolean) {
    for (const end of [this, this.#peer]) {
      if (end === null || end.#up === up) continue;
      end.#up = up;
      end.#linkChanged();
    }
  }

  /**
   * Sends a packet to the device, from the far end.
   *
   * @param packet - its bytes; copied
   */
  send(packet: Uint8Array): void {
    if (this.#up) this.#take(packet, 0, packet.length);
  }

  /**
   * Joins two wires to one cable between two devices.
   *
   * @param other - the wire of the other device
   */
  join(other: Wire): void {
    for (const end of [this, other]) if (end.#peer !== null) end.#peer.#peer = null;
    this.#peer = other;
    other.#peer = this;
  }

  /**
   * Carries what the device sends to the far end.
   *
   * @param bytes - the packet is `bytes[at..at + len]`
   * @returns false when there is no link, and the packet is lost
   */
  carry(bytes: Uint8Array, at: number, len: number): boolean {
    if (!this.#up) return false;
    if (this.#peer !== null) this.#peer.#take(bytes, at, len);
    else if (this.onReceive !== null) this.onReceive(bytes.slice(at, at + len));
    return true;
  }
}
