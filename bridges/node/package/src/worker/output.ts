/** `console` as lines of the host's log, at their level and for the call that writes them. */

import { format, inspect } from "node:util";
import { note } from "../context.js";
import { callContext } from "../current.js";
import { LogLevel } from "../generated.js";
import { withAuthorFrames } from "../trace.js";

type Log = (level: LogLevel, text: string) => void;

/** Methods of `console` that write a line, and the level of each. */
const LEVELS = {
  trace: LogLevel.Trace,
  debug: LogLevel.Debug,
  log: LogLevel.Info,
  info: LogLevel.Info,
  warn: LogLevel.Warn,
  error: LogLevel.Error,
} as const;

/** Sends what `console` writes to the log; `log` takes what belongs to no call. */
export function redirectConsole(log: Log): void {
  const write = (level: LogLevel, text: string): void => {
    const context = callContext();
    const lines = withAuthorFrames(text);
    if (context) note(context, level, lines);
    else log(level, lines);
  };
  for (const [name, level] of Object.entries(LEVELS)) {
    const method = (...values: unknown[]): void => write(level, format(...values));
    Object.defineProperty(console, name, { value: method, writable: true, configurable: true });
  }
  console.dir = (value, options) => write(LogLevel.Info, inspect(value, options));
  console.assert = (condition, ...values) => {
    if (!condition)
      write(LogLevel.Error, `Assertion failed${values.length ? `: ${format(...values)}` : ""}`);
  };
}
