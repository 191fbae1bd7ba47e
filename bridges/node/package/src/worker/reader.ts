/**
 * Bytes of a stream to whole messages. Small ones are taken from one buffer that is used again and
 * again; one that is longer gets a buffer of its own, which the socket then fills directly.
 */

import { MAX_MESSAGE } from "./messages.js";

const ROOM = 256 * 1024;

/** Takes bytes, gives messages without their length field. They are valid during the call only. */
export class FrameReader {
  readonly #room = Buffer.allocUnsafeSlow(ROOM);
  readonly #onFrame: (frame: Buffer) => void;
  #filled = 0;
  #long: Buffer | undefined;
  #longFilled = 0;

  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** Where the next bytes belong. */
  space(): Buffer {
    if (this.#long) return this.#long.subarray(this.#longFilled);
    return this.#filled === 0 ? this.#room : this.#room.subarray(this.#filled);
  }

  /** Says that so many bytes were put there. Throws RangeError for an impossible length. */
  advance(count: number): void {
    if (this.#long) {
      this.#advanceLong(this.#long, count);
      return;
    }
    this.#filled += count;
    this.#takeFrames();
  }

  #advanceLong(long: Buffer, count: number): void {
    this.#longFilled += count;
    if (this.#longFilled < long.length) return;
    this.#long = undefined;
    this.#onFrame(long);
  }

  #takeFrames(): void {
    const room = this.#room;
    const end = this.#filled;
    let start = 0;
    while (end - start >= 4) {
      const length = checkedLength(room.readUInt32LE(start));
      const next = start + 4 + length;
      if (next > end) {
        if (length <= ROOM - 4) break;
        this.#beginLong(start, end, length);
        return;
      }
      this.#onFrame(room.subarray(start + 4, next));
      start = next;
    }
    room.copyWithin(0, start, end);
    this.#filled = end - start;
  }

  #beginLong(start: number, end: number, length: number): void {
    this.#long = Buffer.allocUnsafeSlow(length);
    this.#longFilled = this.#room.copy(this.#long, 0, start + 4, end);
    this.#filled = 0;
  }
}

function checkedLength(length: number): number {
  if (length >= 9 && length <= MAX_MESSAGE) return length;
  throw new RangeError(`the shim announced a message of ${length} bytes`);
}
