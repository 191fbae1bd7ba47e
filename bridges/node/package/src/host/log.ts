/** `ctx.log`: lines for the host's log. Nothing waits: lines are sent in order. */

import type { JsonObject } from "../errors.js";
import { type Frame, UNANSWERED } from "../frame.js";
import { HostSlot, LogLevel } from "../generated.js";
import { toJson } from "../json.js";

/**
 * Writes to the host's log. `fields` become the line's structured payload.
 *
 * @example
 * ctx.log.info("saved", { note: 3 });
 */
export class Log {
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  /** One line at a level from 0 (trace) to 4 (error). */
  write(level: LogLevel, message: string, fields?: JsonObject): void {
    const text = String(message).toWellFormed().replaceAll("\0", "\\0");
    if (!fields) {
      this.#send(HostSlot.Log, [level, text], level, text);
      return;
    }
    const payload = loggable(fields);
    // A host older than version 5 has no structured lines: the same line, flat.
    this.#send(HostSlot.LogStructured, [level, text, payload], level, `${text} ${payload}`);
  }

  #send(slot: HostSlot, args: (string | number)[], level: LogLevel, flat: string): void {
    this.#frame.call(slot, args).catch((error: Error) => {
      if (error.message !== UNANSWERED) this.#frame.note(level, flat);
    });
  }

  /** Level 0. */
  trace(message: string, fields?: JsonObject): void {
    this.write(LogLevel.Trace, message, fields);
  }

  /** Level 1. */
  debug(message: string, fields?: JsonObject): void {
    this.write(LogLevel.Debug, message, fields);
  }

  /** Level 2. */
  info(message: string, fields?: JsonObject): void {
    this.write(LogLevel.Info, message, fields);
  }

  /** Level 3. */
  warn(message: string, fields?: JsonObject): void {
    this.write(LogLevel.Warn, message, fields);
  }

  /** Level 4. */
  error(message: string, fields?: JsonObject): void {
    this.write(LogLevel.Error, message, fields);
  }
}

function loggable(fields: JsonObject): string {
  const pairs = Object.entries(fields).map(
    ([name, value]) => `${JSON.stringify(name)}:${one(value)}`,
  );
  return `{${pairs.join(",")}}`;
}

function one(value: unknown): string {
  try {
    return toJson("the value", value);
  } catch {
    return JSON.stringify(String(value).toWellFormed());
  }
}
