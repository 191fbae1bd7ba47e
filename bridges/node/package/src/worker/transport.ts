/**
 * The connection to the shim: a socket of Node's own, or the addon that the shim brings, which
 * saves a copy, goes over pipes where the shim offers them, and ends the process with the host even
 * while it loops.
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
  /** Whether it goes over the pipes that the shim offers. */
  readonly isPiped: boolean;
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
  readonly isPiped = false;
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

/** Bytes are received into `space`; `onBytes` is told how many and says where the next ones belong. */
type Receiver = [space: Buffer, onBytes: (count: number) => Buffer, onEnd: () => void];

interface Addon {
  open(socket: number, ...receiver: Receiver): Connection;
  /** Older shims lack it. */
  openPipes?(input: number, output: number, ...receiver: Receiver): Connection;
}

/** The mux: its socket, and the pipes that a shim offers: in and out for the lane, then for the mux. */
export interface Descriptors {
  socket: number;
  pipes: number[];
}

/** Most messages fit; a longer one gets memory of its own. */
const ROOM = 256 * 1024;

/** A connection through the addon. */
export class AddonTransport implements Transport {
  readonly name: string;
  readonly isPiped: boolean;
  readonly #open: (...receiver: Receiver) => Connection;
  readonly #room = Buffer.allocUnsafeSlow(ROOM);
  #connection: Connection | undefined;

  /** Throws when the addon cannot be loaded. */
  constructor(path: string, { socket, pipes }: Descriptors) {
    const module = { exports: {} as Partial<Addon> };
    process.dlopen(module, path, constants.dlopen.RTLD_NOW);
    const { open, openPipes } = module.exports;
    if (!open) throw new Error(`${path} has no function \`open\``);
    const [, , input, output] = pipes;
    if (openPipes && input !== undefined && output !== undefined) {
      this.name = "the shim's addon and pipes";
      this.isPiped = true;
      this.#open = (...receiver) => openPipes(input, output, ...receiver);
    } else {
      this.name = "the shim's addon";
      this.isPiped = false;
      this.#open = (...receiver) => open(socket, ...receiver);
    }
  }

  start(onFrame: (frame: Buffer) => void, onEnd: (why?: Error) => void): void {
    const reader = new FrameReader(onFrame);
    const onBytes = (count: number): Buffer => {
      take(reader, count, onEnd);
      return reader.space();
    };
    this.#connection = this.#open(reader.space(), onBytes, onEnd);
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

/** The connection: through the addon where there is one that loads. */
export function openTransport(descriptors: Descriptors, addon: string | undefined): Transport {
  if (!addon) return new SocketTransport(descriptors.socket);
  try {
    return new AddonTransport(addon, descriptors);
  } catch (error) {
    process.stderr.write(`the addon is not used: ${(error as Error).message}\n`);
    return new SocketTransport(descriptors.socket);
  }
}
