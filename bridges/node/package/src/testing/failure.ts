/** What both test hosts give a test: a tool's failure, and lines of the log. */

import type { JsonObject } from "../errors.js";
import type { LogLevel } from "../generated.js";

/** A line of the log. */
export interface LogLine {
  readonly level: Lowercase<keyof typeof LogLevel>;
  readonly message: string;
  readonly fields: JsonObject;
}

/** A tool answered with a failure where the test expected a result. */
export class ToolFailure extends Error {
  override name = "ToolFailure";
  /** The whole answer. */
  readonly envelope: JsonObject;

  constructor(envelope: JsonObject) {
    super(`${String(envelope["kind"])}: ${String(envelope["message"])}`);
    this.envelope = envelope;
  }

  /** The envelope's kind. */
  get kind(): string {
    return String(this.envelope["kind"]);
  }
}
