/** `Frame` in a worker: host calls as messages of the call that they belong to. */

import { DeadlineExceeded, HostCallRefused, refusal } from "../errors.js";
import { ENDED, Frame, UNANSWERED } from "../frame.js";
import type { HostArgument, HostSlot, OnChunk } from "../generated.js";
import { MessageKind } from "./messages.js";
import { TooLong } from "./wire.js";

/** Sends one message. */
export type Send = (
  kind: number,
  call: number,
  seq: number,
  fields: readonly HostArgument[],
) => void;

interface Pending {
  resolve(value: string | null): void;
  reject(error: unknown): void;
  readonly onChunk: OnChunk | null;
  stopped: boolean;
}

/** One call of the shim. */
export class WorkerFrame extends Frame {
  readonly id: number;
  readonly #send: Send;
  readonly #pending = new Map<number, Pending>();
  #next = 1;
  #ended = false;
  #late = false;
  #abort: AbortController | undefined;

  constructor(id: number, send: Send) {
    super();
    this.id = id;
    this.#send = send;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#late) this.#abort.abort(deadlineExceeded());
    return this.#abort.signal;
  }

  note(level: number, text: string): void {
    this.#send(MessageKind.Log, this.#ended ? 0 : this.id, 0, [level, text.toWellFormed()]);
  }

  call(slot: HostSlot, args: readonly HostArgument[]): Promise<string | null> {
    return this.#post(slot, args, null);
  }

  stream(
    slot: HostSlot,
    args: readonly HostArgument[],
    onChunk: OnChunk | null,
    stop?: AbortSignal,
  ): Promise<string | null> {
    const seq = this.#next;
    const answer = this.#post(slot, args, onChunk);
    stop?.addEventListener("abort", () => this.#stop(seq), { once: true });
    return answer;
  }

  #post(
    slot: HostSlot,
    args: readonly HostArgument[],
    onChunk: OnChunk | null,
  ): Promise<string | null> {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw this.#late ? deadlineExceeded() : new HostCallRefused(ENDED);
      refuseBadText(args);
      const seq = this.#next++;
      this.#pending.set(seq, { resolve, reject, onChunk, stopped: false });
      try {
        this.#send(MessageKind.Host, this.id, seq, [slot, ...args]);
      } catch (error) {
        this.#pending.delete(seq);
        throw error instanceof TooLong ? cannotBeSent(error.message) : error;
      }
    });
  }

  #stop(seq: number): void {
    const pending = this.#pending.get(seq);
    if (!pending || pending.stopped) return;
    pending.stopped = true;
    this.#send(MessageKind.StreamStop, this.id, seq, []);
  }

  /** Hands the host's answer to whom it belongs. */
  reply(seq: number, fields: readonly HostArgument[]): void {
    const pending = this.#pending.get(seq);
    this.#pending.delete(seq);
    const [status, value] = fields;
    if (status) pending?.reject(refusal(Number(status), String(value ?? "refused")));
    else pending?.resolve(value === undefined ? null : (value as string | null));
  }

  /** Hands a piece of a stream to whom it belongs. */
  chunk(seq: number, text: string): void {
    const pending = this.#pending.get(seq);
    if (!pending?.onChunk || pending.stopped) return;
    if (!pending.onChunk(text)) this.#stop(seq);
  }

  /** The call has its result: nothing may come after it. */
  end(): void {
    this.#ended = true;
    this.#rejectAll(() => new HostCallRefused(UNANSWERED));
  }

  /** The call's time is over. */
  expire(): void {
    this.#late = true;
    this.#ended = true;
    this.#rejectAll(deadlineExceeded);
    this.#abort?.abort(deadlineExceeded());
  }

  #rejectAll(error: () => Error): void {
    if (this.#pending.size === 0) return;
    const calls = [...this.#pending.values()];
    this.#pending.clear();
    for (const call of calls) call.reject(error());
  }
}

function deadlineExceeded(): DeadlineExceeded {
  return new DeadlineExceeded("the call took too long");
}

function refuseBadText(args: readonly HostArgument[]): void {
  for (const arg of args) {
    if (typeof arg === "string" && !arg.isWellFormed()) {
      throw cannotBeSent("it has a lone surrogate, which UTF-8 cannot carry");
    }
  }
}

function cannotBeSent(why: string): HostCallRefused {
  return new HostCallRefused(`the text cannot be sent to the host: ${why}`);
}
