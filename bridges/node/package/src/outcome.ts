/**
 * Calling the author's code and going on with what it gives. Most of it answers at once, and then
 * nothing here makes a promise: each one costs a good part of a call under AsyncLocalStorage.
 *
 * The names of the functions mark the end of the author's part of a stack (trace.ts).
 */

/** Now, or later. */
export type Eventual<T> = T | PromiseLike<T>;

/** Runs `run` and maps its value with `done`; an error of either is mapped with `failed`. */
export function osaurusCallsPlugin<T, R>(
  run: () => Eventual<T>,
  done: (value: T) => R,
  failed: (error: unknown) => R,
): R | Promise<R> {
  try {
    const value = run();
    return isPromise(value) ? osaurusCallsPluginLater(value, done, failed) : done(value);
  } catch (error) {
    return failed(error);
  }
}

async function osaurusCallsPluginLater<T, R>(
  value: PromiseLike<T>,
  done: (value: T) => R,
  failed: (error: unknown) => R,
): Promise<R> {
  try {
    return done(await value);
  } catch (error) {
    return failed(error);
  }
}

/** What `await` would wait for. */
export function isPromise<T>(value: Eventual<T>): value is PromiseLike<T> {
  const may = (typeof value === "object" && value !== null) || typeof value === "function";
  return may && "then" in value && typeof value.then === "function";
}
