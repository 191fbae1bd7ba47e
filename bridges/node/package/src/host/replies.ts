/** The host's answers: JSON text to objects, error envelopes to errors. */

import { hostError, InvalidReply, type JsonObject } from "../errors.js";
import { parseExactly } from "../exact.js";
import { isObject } from "../json.js";

/** The host's JSON object; throws the error of its envelope. */
export function reply<T extends object = JsonObject>(text: string | null): T {
  if (text === null) {
    throw new InvalidReply("the host answered nothing where a JSON object was expected");
  }
  const value = parse(text);
  if (!isObject(value)) {
    const excerpt = JSON.stringify(text.slice(0, 80));
    throw new InvalidReply(`the host answered ${excerpt} where a JSON object was expected`);
  }
  if (value["error"]) throw hostError(value);
  return value as unknown as T;
}

function parse(text: string): unknown {
  try {
    return parseExactly(text);
  } catch (error) {
    throw new InvalidReply(`the host's answer is not JSON (${(error as Error).message})`);
  }
}

/** An object without the keys whose value is undefined or null. */
export function withoutUndefined(fields: JsonObject): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  );
}

/** Checks that an argument is text: callers may write JavaScript. */
export function requireText(what: string, value: unknown): asserts value is string {
  if (typeof value !== "string")
    throw new TypeError(`${what} must be a string, not ${typeof value}`);
}
