// Generated from abi-spec by `osaurus-bridge gen typescript`. Edit the spec, not this file.
/** Numbers of the worker protocol (docs/worker-protocol.md): types of messages, and limits. */

/** Types of messages. */
export const MessageKind = {
  /** Settings, root, plugin id. */
  Hello: 1,
  /** Kind, target, payload, context, timeout, asynchronous. */
  Call: 2,
  /** Outcome of a host call. */
  Reply: 3,
  /** One chunk of a stream. */
  Chunk: 4,
  /** Stop the call. */
  Cancel: 5,
  /** End. */
  Bye: 6,
  /** The worker runs: description, and what it takes calls on. */
  Ready: 16,
  /** The script could not be loaded: text. */
  Failed: 17,
  /** A host call: slot and arguments. */
  Host: 18,
  /** The end of a call: status and text. */
  Result: 19,
  /** A line for the host's log: level and text. */
  Log: 20,
  /** Cancel the stream. */
  StreamStop: 21,
} as const;

/** READY's second field. */
export const ReadyWith = {
  /** The worker takes calls on the mux alone. */
  NoLane: 0,
  /** It takes calls on the lane, too, as without the number. */
  Lane: 1,
  /** Both connections go on over the pipes that the shim offers. */
  LaneAndPipes: 2,
  /** The mux goes on over its pipes; the lane is not used. */
  PipesWithoutLane: 3,
} as const;

/** Longest message in bytes, without its length field. */
export const MAX_MESSAGE = 268435456;
