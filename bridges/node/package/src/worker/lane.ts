/**
 * The lane, which a Node worker uses for the greeting alone: read and count blocking, before the
 * event loop has anything else to do.
 */

import { closeSync, readSync, writeSync } from "node:fs";
import { MAX_MESSAGE } from "./messages.js";
import { decode, encode, type Message } from "./wire.js";

/** The connection that the greeting is on. */
export class Lane {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** The next message. Throws at the end of the connection. */
  receive(): Message {
    const length = this.#read(4).readUInt32LE();
    if (length < 9 || length > MAX_MESSAGE) throw new Error(`no message has ${length} bytes`);
    return decode(this.#read(length));
  }

  #read(count: number): Buffer {
    const bytes = Buffer.alloc(count);
    let filled = 0;
    while (filled < count) {
      const size = retried(() => readSync(this.#descriptor, bytes, filled, count - filled, null));
      if (size === 0) throw new Error("the shim closed the connection before the greeting");
      filled += size;
    }
    return bytes;
  }

  /** Sends a message. */
  send(kind: number, ...fields: (string | number)[]): void {
    const bytes = encode(kind, 0, 0, fields);
    let count = 0;
    while (count < bytes.length) count += retried(() => writeSync(this.#descriptor, bytes, count));
  }

  /**
   * Lets go of it: the shim needs it no more, and programs that the plugin starts shall not get it.
   */
  close(): void {
    closeSync(this.#descriptor);
  }
}

/** A socket with a time limit answers EAGAIN when it passes. */
function retried(run: () => number): number {
  for (;;) {
    try {
      return run();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EAGAIN" && code !== "EINTR") throw error;
    }
  }
}
