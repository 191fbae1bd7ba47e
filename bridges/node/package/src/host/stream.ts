/**
 * Streamed answers of a model. Leaving a loop over a stream, `cancel()` and an aborted signal stop
 * the model.
 */

import { HostError, InvalidReply } from "../errors.js";
import type { Frame } from "../frame.js";
import { HostSlot } from "../generated.js";
import { Completion, StreamChunk } from "./completion.js";
import { reply } from "./replies.js";

type Step = IteratorResult<StreamChunk, undefined>;

interface Reader {
  resolve(step: Step): void;
  reject(error: unknown): void;
}

/** `for await` for the chunks; `await stream.result()` is the whole answer. */
export class CompletionStream implements AsyncIterableIterator<StreamChunk> {
  readonly #frame: Frame;
  readonly #request: string;
  readonly #stop = new AbortController();
  readonly #chunks: StreamChunk[] = [];
  readonly #readers: Reader[] = [];
  readonly #signal: AbortSignal | undefined;
  #started = false;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #result: Completion | undefined;

  constructor(frame: Frame, requestJson: string, signal: AbortSignal | undefined) {
    this.#frame = frame;
    this.#request = requestJson;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next piece. */
  next(): Promise<Step> {
    if (!this.#started) this.#start();
    const chunk = this.#chunks.shift();
    if (chunk) return Promise.resolve({ done: false, value: chunk });
    if (this.#failure) return Promise.reject(this.#failure.error as Error);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** Called when a loop over the stream ends early: stops the model. */
  return(): Promise<Step> {
    this.cancel();
    this.#chunks.length = 0;
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Stops the model. Chunks that are already here can still be read. */
  cancel(): void {
    if (!this.#started) this.#finish();
    this.#started = true;
    this.#stop.abort();
  }

  /** The whole answer; reads the rest of the stream first. */
  async result(): Promise<Completion> {
    while (!(await this.next()).done);
    if (this.#result) return this.#result;
    throw new InvalidReply("the stream was cancelled before it began: it has no result");
  }

  /** Text of the whole answer; reads the rest of the stream first. */
  async text(): Promise<string> {
    return (await this.result()).text;
  }

  #start(): void {
    this.#started = true;
    const signal = this.#signal;
    if (signal?.aborted) {
      this.#fail(signal.reason);
      return;
    }
    const aborted = (): void => {
      this.#stop.abort();
      this.#fail(signal?.reason);
    };
    signal?.addEventListener("abort", aborted, { once: true });
    const onChunk = (text: string): boolean => this.#receive(text);
    this.#frame
      .stream(HostSlot.CompleteStream, [this.#request], onChunk, this.#stop.signal)
      .then((text) => this.#conclude(text))
      .catch((error: unknown) => this.#fail(error))
      .finally(() => signal?.removeEventListener("abort", aborted));
  }

  #receive(text: string): boolean {
    if (this.#stop.signal.aborted) return false;
    const chunk = new StreamChunk(JSON.parse(text));
    const reader = this.#readers.shift();
    if (reader) reader.resolve({ done: false, value: chunk });
    else this.#chunks.push(chunk);
    return true;
  }

  #conclude(text: string | null): void {
    this.#result = this.#outcome(text);
    this.#finish();
  }

  /** Being cancelled by the author is an ending, not an error. */
  #outcome(text: string | null): Completion {
    try {
      return new Completion(reply(text));
    } catch (error) {
      const cancelled = error instanceof HostError && error.code === "cancelled";
      if (!cancelled || !this.#stop.signal.aborted) throw error;
      return new Completion({ ...error.details, error: "cancelled" });
    }
  }

  #finish(): void {
    this.#ended = true;
    for (const reader of this.#readers.splice(0)) reader.resolve({ done: true, value: undefined });
  }

  #fail(error: unknown): void {
    if (this.#failure || this.#ended) return;
    this.#failure = { error };
    this.#ended = true;
    this.#chunks.length = 0;
    for (const reader of this.#readers.splice(0)) reader.reject(error);
  }
}
