/** Where something was declared, for messages. Worked out only when a message needs it. */

import { DeclarationError } from "../errors.js";
import { authorPlace } from "../trace.js";

/** A place in the author's source. */
export class SourceLocation {
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
export function misdeclared(
  place: SourceLocation | undefined,
  what: string,
  message: string,
): DeclarationError {
  const at = String(place ?? "");
  return new DeclarationError(`${at ? `${at}: ` : ""}${what}: ${message}`);
}

/** Throws unless a definition is an object. */
export function requireObject(
  place: SourceLocation,
  what: string,
  value: unknown,
  example: string,
): void {
  if (typeof value === "object" && value !== null) return;
  throw misdeclared(place, what, `it needs an object such as ${example}, not ${String(value)}`);
}

/** Throws unless a handler is a function that can answer: callers may write JavaScript. */
export function requireFunction(
  place: SourceLocation,
  what: string,
  name: string,
  value: unknown,
): void {
  if (typeof value === "function") {
    const { name: kind } = value.constructor;
    if (!kind.endsWith("GeneratorFunction")) return;
    throw misdeclared(
      place,
      what,
      `${name} is a generator, which gives pieces and no result; return an array of them`,
    );
  }
  const actual = value === undefined ? "and is missing" : `not ${JSON.stringify(value)}`;
  throw misdeclared(place, what, `${name} must be a function, ${actual}`);
}
