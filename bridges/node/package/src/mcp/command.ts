/**
 * An MCP server in a process of its own, over its standard input and output. A guard stands
 * between: a shell that leads the server's process group and ends the group when its end of a pipe
 * closes. So the server goes with this process, however this process ends, and whatever the server
 * does with its input.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { type JsonObject, ToolError } from "../errors.js";
import { tryJson } from "../json.js";
import { environment, findProgram, searchPath } from "./environment.js";
import { Session, SessionEnded } from "./session.js";

// The server gets the real standard input: what a shell starts with & has none of its own.
const GUARD = `exec 4<&0
"$@" <&4 4<&- 3<&- &
exec </dev/null >/dev/null 4<&-
read -r _ <&3
trap "" TERM
kill -TERM 0
sleep 1
kill -KILL 0`;
const STDERR_LINES = 20;
/** Longest line that is kept of a server, in bytes; as in the SDK for Python. */
const MAX_LINE = 64 * 1024 * 1024;

/** Starts the process. Throws `ToolError` where its program is not there. */
export async function connectToCommand(
  command: readonly string[],
  added: Readonly<Record<string, string>>,
): Promise<Session> {
  const [name = "", ...args] = command;
  const program = findProgram(name);
  if (program === undefined) {
    const text = `${name} is not installed; it was looked for in ${searchPath().join(", ")}`;
    throw new ToolError("unavailable", `${text}. Install it, then call again`, {
      retryable: false,
    });
  }
  const session = new Session();
  session.connection = new Process([program, ...args], environment(added), session);
  return session;
}

class Process {
  readonly #guard: ChildProcess;
  readonly #session: Session;
  readonly #name: string;
  readonly #lastLines: string[] = [];

  constructor(command: readonly string[], env: Record<string, string>, session: Session) {
    this.#session = session;
    this.#name = basename(command[0] ?? "");
    this.#guard = spawn("/bin/sh", ["-c", GUARD, "mcp-server", ...command], {
      detached: true,
      env,
      stdio: ["pipe", "pipe", "pipe", "pipe"],
    });
    this.#guard.on("error", (error) => session.ended(`${this.#name}: ${error.message}`));
    const [input, output, errors, life] = this.#guard.stdio;
    for (const stream of [input, life]) stream?.on("error", () => {}); // the output's end says it
    this.#readErrors(errors as Readable);
    this.#readMessages(output as Readable);
    this.#letGo();
  }

  /** Nothing of it keeps this process alive. */
  #letGo(): void {
    this.#guard.unref();
    for (const stream of this.#guard.stdio) (stream as { unref?: () => void } | null)?.unref?.();
  }

  /** A line without an end would fill the memory. */
  #limitLines(stream: Readable): void {
    let length = 0;
    stream.on("data", (chunk: Buffer) => {
      const end = chunk.lastIndexOf("\n");
      length = end < 0 ? length + chunk.length : chunk.length - end - 1;
      if (length <= MAX_LINE) return;
      this.#lastLines.push(`a line of more than ${MAX_LINE} bytes, which is not read`);
      this.close();
      stream.destroy();
    });
  }

  #readMessages(output: Readable): void {
    this.#limitLines(output);
    const lines = createInterface({ input: output, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on("line", (line) => {
      const message = tryJson(line);
      if (message !== undefined) this.#session.receive(message);
      else if (line.trim())
        this.#note(`wrote what is not JSON to its output: ${line.slice(0, 200)}`);
    });
    // After what is still on its way through the other pipe.
    lines.on("close", () => setTimeout(() => this.close(), 50));
  }

  #readErrors(errors: Readable): void {
    this.#limitLines(errors);
    createInterface({ input: errors }).on("line", (line) => {
      this.#lastLines.push(line.slice(0, 1000));
      if (this.#lastLines.length > STDERR_LINES) this.#lastLines.shift();
      process.stderr.write(`${line}\n`);
    });
  }

  #note(text: string): void {
    process.stderr.write(`${this.#name} ${text}\n`);
  }

  send(message: JsonObject): void {
    const input = this.#guard.stdin as Writable;
    if (!input.writable) throw new SessionEnded(this.#session.whyEnded ?? this.#why());
    input.write(`${JSON.stringify(message)}\n`);
  }

  close(): void {
    this.#session.ended(this.#why());
    (this.#guard.stdio[3] as Writable).destroy();
    this.#guard.stdin?.destroy();
  }

  #why(): string {
    const last = this.#lastLines.filter(Boolean).join(" / ").slice(-1000);
    return `${this.#name} has ended${last ? `; its last lines: ${last}` : ""}`;
  }
}
