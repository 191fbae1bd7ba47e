/**
 * Errors that nothing catches end the worker, with a report that the shim adds to the call's
 * answer. Registered when this module is loaded: the author's module may throw right after.
 */

import { DeclarationError } from "../errors.js";
import { trace } from "../trace.js";

let loading = true;
let beforeEnd: (report: string) => void = () => {};

/** Says what else to do with the report, before the worker ends. */
export function onFailure(run: (report: string) => void): void {
  beforeEnd = run;
}

const exit: typeof process.exit = process.exit;

/** A plugin that ends its process while it is loaded would leave an exit code and no reason. */
function exitWhileLoading(code?: number | string | null): never {
  if (!loading) return exit(code);
  loading = false;
  const argument = code === undefined ? "" : String(code);
  return fail(
    "the plugin cannot be loaded",
    new Error(`process.exit(${argument}) was called at the module's top level`),
  );
}
process.exit = exitWhileLoading;

/** Says that the author's module has been loaded. */
export function loaded(): void {
  loading = false;
  // Unless a package has replaced the function.
  if (process.exit === exitWhileLoading) process.exit = exit;
}

/** Ends the worker with a report. */
export function fail(what: string, error: unknown): never {
  // What is declared wrongly names its own place.
  const report = `${what}${error instanceof DeclarationError ? `: ${error.message}` : trace(error)}`;
  try {
    beforeEnd(report);
  } finally {
    process.stderr.write(`${report}\n`);
    exit(1);
  }
}

process.on("uncaughtException", (error, origin) => {
  if (loading) fail("the plugin cannot be loaded", error);
  const rejection = origin === "unhandledRejection";
  fail(rejection ? "a promise was rejected and not handled" : "an error was not caught", error);
});
