/**
 * One call of the host, as handlers see it: how host calls are made while it runs. Made by the
 * worker and by the test kit; used by the context.
 */

import { type HostArgument, HostCalls, type HostSlot, type OnChunk } from "./generated.js";

/** Why a host call cannot be made any more. */
export const ENDED =
  "the call that this host call belongs to has ended; a promise or timer that outlives its " +
  "handler cannot reach the host";

/** Why a host call that was made has no answer. */
export const UNANSWERED =
  "the handler ended before the host answered this call; the host has made it all the same, await " +
  "it to know how it went";

/** A frame: the right to call the host while the host's call runs. */
export abstract class Frame extends HostCalls {
  /** Aborted when the call's time is over; its reason is a `DeadlineExceeded`. */
  abstract get signal(): AbortSignal;

  /** Writes a line to the log on its own way, which is open after the call has ended, too. */
  abstract note(level: number, text: string): void;

  /** As in `HostCalls`; aborting `stop` ends the stream at once. */
  abstract override stream(
    slot: HostSlot,
    args: readonly HostArgument[],
    onChunk: OnChunk | null,
    stop?: AbortSignal,
  ): Promise<string | null>;
}
