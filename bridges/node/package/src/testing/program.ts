/**
 * The program `osaurus-bridge` as it runs a built library for tests: a line of JSON asks, a line of
 * JSON answers. Used by `built.ts`.
 */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { JsonObject } from "../errors.js";

/** A running program. */
export class Program {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #errors = "";
  #failure: Error | undefined;

  private constructor(program: string, args: readonly string[]) {
    this.#child = spawn(program, args);
    this.#child.on("error", () => {
      this.#failure = new Error(`${program} is not on the PATH; install osaurus-bridge`);
    });
    this.#child.stdin.on("error", () => {});
    this.#child.stderr.setEncoding("utf8").on("data", (part: string) => (this.#errors += part));
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Starts it, and waits until the library is loaded. */
  static async start(program: string, args: readonly string[]): Promise<Program> {
    const started = new Program(program, args);
    await started.#read();
    return started;
  }

  /** Sends a request and waits for its answer. */
  ask(request: JsonObject): Promise<JsonObject> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return this.#read();
  }

  async #read(): Promise<JsonObject> {
    // A test that waits for nothing else must not end before the answer is there.
    const { value, done } = await this.#lines.next();
    if (done === true) throw await this.#ended();
    const answer = JSON.parse(value) as JsonObject;
    if (answer["error"] !== undefined) throw new Error(String(answer["error"]));
    return answer;
  }

  async #ended(): Promise<Error> {
    if (this.#failure) return this.#failure;
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) await once(this.#child, "close");
    const code = this.#child.exitCode ?? this.#child.signalCode ?? "nothing";
    return this.#failure ?? new Error(`the host exited with ${code}:\n${this.#errors}`);
  }

  /** Lets it end in order: the plugin is unloaded. */
  close(): void {
    this.#child.stdin.end();
  }

  /** As `close`, and waits for it. */
  async ended(): Promise<void> {
    this.close();
    const { exitCode, signalCode } = this.#child;
    if (!this.#failure && exitCode === null && signalCode === null)
      await once(this.#child, "close");
  }
}
