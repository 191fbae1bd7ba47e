/** The calls of one worker: messages in, handlers run, results out. Many calls at a time. */

import type { Extras } from "../context.js";
import { ToolError } from "../errors.js";
import { OutOfRange, parseExactly } from "../exact.js";
import type { HostArgument } from "../generated.js";
import { osaurusCallsPlugin } from "../outcome.js";
import { KINDS, type Kind, LATE, type Runtime } from "../runtime.js";
import { type Send, WorkerFrame } from "./frame.js";
import { MessageKind } from "./messages.js";
import type { Transport } from "./transport.js";
import { decode, type Message, TooLong } from "./wire.js";

/** What a session needs of the process. */
export interface Surroundings {
  /** Ends the worker: the shim said goodbye or has exited. */
  leave(why?: Error): void;
}

/** A worker's open connection. */
export class Session {
  readonly #transport: Transport;
  readonly #runtime: Runtime;
  readonly #surroundings: Surroundings;
  readonly #calls = new Map<number, WorkerFrame>();

  constructor(transport: Transport, runtime: Runtime, surroundings: Surroundings) {
    this.#transport = transport;
    this.#runtime = runtime;
    this.#surroundings = surroundings;
  }

  /** Begins to serve. */
  start(): void {
    this.#transport.start(
      (frame) => this.#receive(frame),
      (why) => this.#surroundings.leave(why),
    );
  }

  /** A line for the host's log that belongs to no call. */
  log(level: number, text: string): void {
    this.#send(MessageKind.Log, 0, 0, [level, text.toWellFormed()]);
  }

  readonly #send: Send = (kind, call, seq, fields) => this.#transport.send(kind, call, seq, fields);

  #receive(bytes: Buffer): void {
    const message = decode(bytes);
    switch (message.kind) {
      case MessageKind.Call:
        this.#run(message);
        return;
      case MessageKind.Reply:
        this.#calls.get(message.call)?.reply(message.seq, message.fields);
        return;
      case MessageKind.Chunk:
        this.#calls.get(message.call)?.chunk(message.seq, String(message.fields[0]));
        return;
      case MessageKind.Cancel:
        this.#cancel(message.call);
        return;
      case MessageKind.Bye:
        this.#surroundings.leave();
        return;
      default:
        process.stderr.write(`a message of type ${message.kind} came unexpectedly\n`);
    }
  }

  #run({ call, fields }: Message): void {
    const frame = new WorkerFrame(call, this.#send);
    this.#calls.set(call, frame);
    const finish = (status: number, text: string): void => {
      // A call whose time was over has been answered.
      if (this.#calls.get(call) === frame) this.#finish(frame, status, text);
    };
    void osaurusCallsPlugin(
      () => this.#answer(frame, fields),
      (text) => finish(0, text),
      (error) => finish(3, String(error)),
    );
  }

  #answer(frame: WorkerFrame, fields: readonly HostArgument[]): string | Promise<string> {
    const [number, target, payload, extras] = fields;
    const kind = KINDS[Number(number)] ?? "tool";
    const decoded = this.#read(kind, String(payload));
    if (decoded instanceof ToolError) return JSON.stringify(decoded.envelope());
    const context = extras ? (JSON.parse(String(extras)) as Extras) : null;
    return this.#runtime.call(frame, kind, String(target), decoded, context);
  }

  #read(kind: Kind, payload: string): unknown {
    try {
      return parseExactly(payload);
    } catch (error) {
      if (kind === "tool" && error instanceof OutOfRange)
        return new ToolError("invalid_args", error.message);
      throw error;
    }
  }

  #cancel(call: number): void {
    const frame = this.#calls.get(call);
    if (!frame) return;
    frame.expire();
    this.#finish(frame, 0, JSON.stringify(LATE));
  }

  #finish(frame: WorkerFrame, status: number, text: string): void {
    this.#calls.delete(frame.id);
    frame.end();
    try {
      this.#send(MessageKind.Result, frame.id, 0, [status, text]);
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
      this.#send(MessageKind.Result, frame.id, 0, [0, unsendable(error.message)]);
    }
  }
}

function unsendable(why: string): string {
  const message = `the result cannot be sent: ${why}`;
  return JSON.stringify({ ok: false, kind: "execution_error", message, retryable: false });
}
