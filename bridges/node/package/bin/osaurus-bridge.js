#!/usr/bin/env node
// Runs the program osaurus-bridge, which comes in a package of its own for each platform.
// Part of the package that is published; what new projects carry is the SDK without it.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";

const name = `@osaurus-plugin/cli-${process.platform}-${process.arch}`;

function find() {
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/osaurus-bridge`);
  } catch {
    console.error(
      `error: the package ${name}, which holds the program for this platform, is not installed`,
    );
    console.error(
      "  try: npm install osaurus-plugin, without --omit=optional; there are packages for",
    );
    console.error("       macOS on Apple silicon and for Linux on x86-64 (glibc)");
    process.exit(1);
  }
}

// Ctrl-C reaches the program by itself: it is in the same process group. It then decides when to
// end.
process.on("SIGINT", () => {});
const program = spawn(find(), process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => program.kill(signal));
program.on("error", (error) => {
  console.error(`error: cannot run ${program.spawnfile}: ${error.message}`);
  process.exit(1);
});
program.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
