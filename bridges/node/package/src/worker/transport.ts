/**
 * The connection to the shim: a socket of Node's own, or the addon that the shim brings, which
 * saves a copy and ends the process with the host even while it loops.
 */

import { constants } from "node:os";
import { Socket } from "node:net";
import { FrameReader } from "./reader.js";

/** Sends and receives whole messages. */
export interface Transport {
  /** For the description of the worker. */
  readonly name: string;
  /** Begins to receive: messages without their length field, then once the end. */
  start(onFrame: (frame: Buffer) => void, onEnd: (why?: Error) => void): void;
  /** Sends a message, its length field included. */
  send(frame: Buffer): void;
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
      try {
        reader.advance(count);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        onEnd(error);
      }
      return true;
    };
    // `onread` is documented for `connect` alone, but works for a descriptor: the types lack it.
    const options = { fd: this.#descriptor, onread: { buffer: () => reader.space(), callback } };
    this.#socket = new Socket({ ...options, readable: true, writable: true });
    this.#socket.on("error", () => {}); // "close" follows
    this.#socket.once("end", () => onEnd());
    this.#socket.once("close", () => onEnd());
  }

  /** What is sent in one turn of the event loop leaves in one system call. */
  send(frame: Buffer): void {
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
  }

  close(): void {
    this.#socket?.destroy();
  }
}

interface Connection {
  send(frame: Buffer): void;
  close(): void;
}

interface Addon {
  open(descriptor: number, onFrame: (frame: Buffer) => void, onEnd: () => void): Connection;
}

/** A connection through the addon. */
export class AddonTransport implements Transport {
  readonly name = "the shim's addon";
  readonly #addon: Addon;
  readonly #descriptor: number;
  #connection: Connection | undefined;

  /** Throws when the addon cannot be loaded. */
  constructor(path: string, descriptor: number) {
    const module = { exports: {} as Partial<Addon> };
    process.dlopen(module, path, constants.dlopen.RTLD_NOW);
    if (!module.exports.open) throw new Error(`${path} has no function \`open\``);
    this.#addon = module.exports as Addon;
    this.#descriptor = descriptor;
  }

  start(onFrame: (frame: Buffer) => void, onEnd: () => void): void {
    this.#connection = this.#addon.open(this.#descriptor, onFrame, onEnd);
  }

  send(frame: Buffer): void {
    if (!this.#connection) throw new Error("the connection to the shim is not open");
    this.#connection.send(frame);
  }

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
