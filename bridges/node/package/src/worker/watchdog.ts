/**
 * Ends this process when its parent has exited, also while the plugin loops: a thread that looks
 * every second. For systems where neither the addon nor the kernel does that.
 */

import { createRequire } from "node:module";

const PROGRAM = `
  const { workerData: parent } = require("node:worker_threads");
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, "SIGKILL"); }, 1000);
`;

/** Starts to watch. The thread keeps nothing alive. */
export function watchParent(): void {
  // Few workers need it, and loading it takes a part of their start.
  const { Worker } = createRequire(import.meta.url)(
    "node:worker_threads",
  ) as typeof import("node:worker_threads");
  // The number as it is now: the parent may be gone by the time that the thread runs.
  new Worker(PROGRAM, { eval: true, execArgv: [], stdin: false, workerData: process.ppid }).unref();
}
