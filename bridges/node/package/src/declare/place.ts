/** Where something was declared, for messages. Worked out only when a message needs it. */

import { authorPlace } from "../trace.js";
import { DeclarationError } from "../errors.js";

/** A place in the author's source. */
export class Place {
  readonly #here: Error;

  constructor() {
    this.#here = new Error("declared here");
  }

  /** `src/tools.ts:12:3`, or empty when it is not known. */
  toString(): string {
    return authorPlace(this.#here) ?? "";
  }
}

/** An error about a declaration, with its place. */
export function misdeclared(place: Place | undefined, what: string, message: string): DeclarationError {
  const at = String(place ?? "");
  return new DeclarationError(`${at ? `${at}: ` : ""}${what}: ${message}`);
}

/** Throws unless a handler is a function: callers may write JavaScript. */
export function requireFunction(place: Place, what: string, name: string, value: unknown): void {
  if (typeof value === "function") return;
  const found = value === undefined ? "and is missing" : `not ${JSON.stringify(value)}`;
  throw misdeclared(place, what, `${name} must be a function, ${found}`);
}
