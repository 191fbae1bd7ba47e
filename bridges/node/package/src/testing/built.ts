/**
 * `BuiltHost`: runs a plugin's built library in the reference host, in a test. It has the methods of
 * `TestHost` that both can have, so the same test runs with either. Each call starts the program
 * `osaurus-bridge`; what the plugin stores stays from call to call.
 */

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { JsonObject } from "../errors.js";
import { toJson } from "../json.js";
import { type LogLine, ToolFailure } from "./failure.js";
import { HttpScript, ModelScript } from "./services.js";

/** What the host has. */
export interface BuiltHostOptions {
  readonly config?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** The program; `OSAURUS_BRIDGE` of the environment, or `osaurus-bridge`, if left out. */
  readonly program?: string;
}

const LOG_LINE = /^\[Plugin:[^\]]*\] \[([A-Z]+)\] (?!worker(?: started)?: )(.*?)(?: (\{.*\}))?$/;

/**
 * The reference host with one library. `await using`, or `close()`, removes what the plugin has
 * stored.
 */
export class BuiltHost {
  readonly config: Map<string, string>;
  readonly secrets: Map<string, string>;
  readonly http = new HttpScript();
  readonly model = new ModelScript();
  readonly logs: LogLine[] = [];
  readonly #library: string;
  readonly #program: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "osaurus-test-"));
  #server: Server | undefined;

  constructor(library: string, options: BuiltHostOptions = {}) {
    if (!existsSync(library))
      throw new Error(`${library} does not exist; run osaurus-bridge build`);
    this.#library = library;
    this.config = new Map(Object.entries(options.config ?? {}));
    this.secrets = new Map(Object.entries(options.secrets ?? {}));
    this.#program = options.program ?? process.env["OSAURUS_BRIDGE"] ?? "osaurus-bridge";
  }

  /** Calls a tool; answers the whole envelope. */
  async envelope(tool: string, args: object = {}): Promise<JsonObject> {
    const command = ["invoke", ...(await this.#options()), this.#library, tool, "-"];
    const child = spawn(this.#program, command);
    const missing = new Promise<never>((_, fail) => {
      child.on("error", () =>
        fail(new Error(`${this.#program} is not on the PATH; install osaurus-bridge`)),
      );
    });
    child.stdin.on("error", () => {});
    child.stdin.end(toJson("the arguments", args));
    const [out, err] = await Promise.race([
      Promise.all([text(child.stdout), text(child.stderr)]),
      missing,
    ]);
    for (const line of err.split("\n")) this.#log(line);
    try {
      const { tool: _, ...envelope } = JSON.parse(out) as JsonObject;
      return envelope;
    } catch {
      throw new Error(`the host gave no answer:\n${out}${err}`);
    }
  }

  /** Calls a tool; answers its result, throws `ToolFailure` for a failure. */
  async call(tool: string, args: object = {}): Promise<unknown> {
    const envelope = await this.envelope(tool, args);
    if (envelope["ok"] !== true) throw new ToolFailure(envelope);
    return envelope["result"];
  }

  /** Removes what the plugin has stored. */
  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #log(line: string): void {
    const [, level, message, fields] = LOG_LINE.exec(line) ?? [];
    if (level === undefined || message === undefined) return;
    const parsed = fields === undefined ? {} : (JSON.parse(fields) as JsonObject);
    this.logs.push({ level: level.toLowerCase() as LogLine["level"], message, fields: parsed });
  }

  async #options(): Promise<string[]> {
    const options = ["--data", join(this.#folder, "data"), "--key-in-file"];
    for (const [key, value] of this.config) options.push("--config", `${key}=${value}`);
    for (const [key, value] of this.secrets) {
      // Not on the command line, where `ps` shows it.
      const file = join(this.#folder, `secret-${options.length}`);
      writeFileSync(file, value);
      options.push("--secret", `${key}=@${file}`);
    }
    if (this.model.hasRules) {
      const script = join(this.#folder, "model.toml");
      writeFileSync(script, this.model.script());
      options.push("--model-script", script);
    }
    const { hosts } = this.http;
    if (hosts.length > 0) {
      const port = await this.#port();
      for (const name of hosts) options.push("--map-host", `${name}=127.0.0.1:${port}`);
    }
    return options;
  }

  /** Where the host sends requests instead. */
  async #port(): Promise<number> {
    if (!this.#server) {
      const server = createServer((request, response) => void this.#answer(request, response));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      server.unref();
      this.#server = server;
    }
    return (this.#server.address() as AddressInfo).port;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { method = "GET", url = "/", headers } = request;
    const place = `${headers.host?.split(":")[0] ?? ""}${url}`;
    // Requests by https come in clear: nothing says which of the two it was.
    const scheme = this.http.answersTo(method, `https://${place}`) ? "https" : "http";
    const forwarded = {
      method,
      url: `${scheme}://${place}`,
      headers: headers as Record<string, string>,
      body,
    };
    try {
      const answer = await this.http.respond(forwarded);
      const content = Buffer.from(
        answer.body,
        answer.body_encoding === "base64" ? "base64" : "utf8",
      );
      const dropped = ["content-length", "transfer-encoding", "content-encoding"];
      const replyHeaders = Object.entries(answer.headers).filter(
        ([name]) => !dropped.includes(name),
      );
      response.writeHead(answer.status, Object.fromEntries(replyHeaders)).end(content);
    } catch (error) {
      response.writeHead(501).end(String(error));
    }
  }
}
