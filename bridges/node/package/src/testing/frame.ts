/** `Frame` of the test kit: host calls are functions of the test host. */

import { DeadlineExceeded, HostCallRefused } from "../errors.js";
import { ENDED, Frame } from "../frame.js";
import type { HostArgument, HostSlot, OnChunk } from "../generated.js";
import { LATE } from "../runtime.js";

/** How the test host answers. */
export interface Answers {
  call(slot: HostSlot, args: readonly HostArgument[]): string | null | Promise<string | null>;
  stream(request: string, onChunk: OnChunk): Promise<string | null>;
  note(level: number, text: string): void;
}

/** One call of the test host. */
export class TestFrame extends Frame {
  readonly #answers: Answers;
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(answers: Answers) {
    super();
    this.#answers = answers;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  note(level: number, text: string): void {
    this.#answers.note(level, text);
  }

  async call(slot: HostSlot, args: readonly HostArgument[]): Promise<string | null> {
    this.#live();
    return this.#answers.call(slot, args);
  }

  async stream(
    _slot: HostSlot,
    args: readonly HostArgument[],
    onChunk: OnChunk | null,
    stop?: AbortSignal,
  ): Promise<string | null> {
    this.#live();
    const goesOn = (text: string): boolean => !stop?.aborted && (onChunk?.(text) ?? true);
    return this.#answers.stream(String(args[0]), goesOn);
  }

  #live(): void {
    if (this.#abort.signal.aborted) throw this.#abort.signal.reason;
    if (this.#ended) throw new HostCallRefused(ENDED);
  }

  /** The envelope of a call that takes too long, after its time. */
  expireAfter(ms: number): Promise<string> {
    return new Promise((resolve) => {
      this.#timer = setTimeout(() => {
        this.#abort.abort(new DeadlineExceeded("the call took too long"));
        resolve(JSON.stringify(LATE));
      }, ms);
    });
  }

  /** The call is over. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }
}
