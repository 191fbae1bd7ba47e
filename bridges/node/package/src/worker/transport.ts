/**
 * The connection to the shim: a socket of Node's own, or the addon that the shim brings, which
 * saves a copy and ends the process with the host even while it loops.
 */

import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { constants } from "node:os";
import type { Send } from "./frame.js";
import { FrameReader } from "./reader.js";
import { encode } from "./wire.js";

/** For what few workers need: loading it takes a part of their start. */
const load = createRequire(import.meta.url);

/** Sends and receives whole messages. */
export interface Transport {
  /** For the description of the worker. */
  readonly name: string;
  /** Begins to receive: messages without their length field, then once the end. */
  start(onFrame: (frame: Buffer) => void, onEnd: (why?: Error) => void): void;
  /** Sends a message. */
  readonly send: Send;
  /** Ends the connection. */
  close(): void;
}

/** A connection over `node:net`. */
export class SocketTransport implements Transport {
  readonly name = "plain sockets";
  readonly #descriptor: number;
  #socket: Socket | undefined;
  #corked = false;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  start(onFrame: (frame: Buffer) => void, onEnd: (why?: Error) => void): void {
    const reader = new FrameReader(onFrame);
    const callback = (count: number): boolean => {
      take(reader, count, onEnd);
      return true;
    };
    // `onread` is documented for `connect` alone, but works for a descriptor: the types lack it.
    const net = load("node:net") as typeof import("node:net");
    const options = { fd: this.#descriptor, onread: { buffer: () => reader.space(), callback } };
    this.#socket = new net.Socket({ ...options, readable: true, writable: true });
    this.#socket.on("error", () => {}); // "close" follows
    this.#socket.once("end", () => onEnd());
    this.#socket.once("close", () => onEnd());
  }

  /** What is sent in one turn of the event loop leaves in one system call. */
  readonly send: Send = (kind, call, seq, fields) => {
    const frame = encode(kind, call, seq, fields);
    const socket = this.#socket;
    if (!socket) throw new Error("the connection to the shim is not open");
    if (!this.#corked) {
      this.#corked = true;
      socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        socket.uncork();
      });
    }
    socket.write(frame);
  };

  close(): void {
    this.#socket?.destroy();
  }
}

/** Counts bytes in. A message that cannot be ends the connection. */
function take(reader: FrameReader, count: number, onEnd: (why: Error) => void): void {
  try {
    reader.advance(count);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    onEnd(error);
  }
}

interface Connection {
  /** Sends bytes; they are gone when it returns. */
  send(frame: Buffer): void;
  close(): void;
}

interface Addon {
  /** Receives into `space`, reports how much, and gets where the next bytes belong. */
  open(
    descriptor: number,
    space: Buffer,
    onBytes: (count: number) => Buffer,
    onEnd: () => void,
  ): Connection;
}

/** Most messages fit; a longer one gets memory of its own. */
const ROOM = 256 * 1024;

/** A connection through the addon. */
export class AddonTransport implements Transport {
  readonly name = "the shim's addon";
  readonly #addon: Addon;
  readonly #descriptor: number;
  readonly #room = Buffer.allocUnsafeSlow(ROOM);
  #connection: Connection | undefined;

  /** Throws when the addon cannot be loaded. */
  constructor(path: string, descriptor: number) {
    const module = { exports: {} as Partial<Addon> };
    process.dlopen(module, path, constants.dlopen.RTLD_NOW);
    if (!module.exports.open) throw new Error(`${path} has no function \`open\``);
    this.#addon = module.exports as Addon;
    this.#descriptor = descriptor;
  }

  start(onFrame: (frame: Buffer) => void, onEnd: (why?: Error) => void): void {
    const reader = new FrameReader(onFrame);
    const onBytes = (count: number): Buffer => {
      take(reader, count, onEnd);
      return reader.space();
    };
    this.#connection = this.#addon.open(this.#descriptor, reader.space(), onBytes, onEnd);
  }

  readonly send: Send = (kind, call, seq, fields) => {
    if (!this.#connection) throw new Error("the connection to the shim is not open");
    this.#connection.send(encode(kind, call, seq, fields, this.#allocate));
  };

  readonly #allocate = (size: number): Buffer =>
    size <= ROOM ? this.#room.subarray(0, size) : Buffer.allocUnsafe(size);

  close(): void {
    this.#connection?.close();
  }
}

/** The connection on a descriptor: through the addon where there is one that loads. */
export function openTransport(descriptor: number, addon: string | undefined): Transport {
  if (!addon) return new SocketTransport(descriptor);
  try {
    return new AddonTransport(addon, descriptor);
  } catch (error) {
    process.stderr.write(`the addon is not used: ${(error as Error).message}\n`);
    return new SocketTransport(descriptor);
  }
}
