/**
 * Which call of the host the running code belongs to, through awaits, timers and promises.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { Context } from "./context.js";
import { HostCallRefused } from "./errors.js";

const calls = new AsyncLocalStorage<Context>();

/** Runs a handler as part of a call. */
export function runInCall<T>(context: Context, run: () => T): T {
  return calls.run(context, run);
}

/** The context of the running call, or undefined outside of calls. */
export function callContext(): Context | undefined {
  return calls.getStore();
}

/**
 * The context of the running call: for functions that are not given `ctx`.
 *
 * @example
 * async function remembered(): Promise<string | null> {
 *   return currentContext().config.get("memory");
 * }
 * assert.equal(await remembered(), null);
 */
export function currentContext(): Context {
  const context = calls.getStore();
  if (context) return context;
  throw new HostCallRefused(
    "no call of the host runs here, so the host cannot be reached; call this from a handler",
  );
}
