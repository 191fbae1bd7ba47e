/**
 * `BuiltHost`: runs a plugin's built library in the reference host, in a test. It has the methods of
 * `TestHost` that both can have, so the same test runs with either. The program `osaurus-bridge` runs
 * it, from the first call on. A test that names another web server, secret or rule for the model
 * later starts it again; what the plugin has stored stays.
 */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "../errors.js";
import type { RouteResponse } from "../generated.js";
import { toJson } from "../json.js";
import { type LogLine, ToolFailure } from "./failure.js";
import { AGENT, type HostCall, type TestRequest } from "./host.js";
import { Program } from "./program.js";
import { TestServer } from "./server.js";
import { type DispatchedTask, HttpScript, ModelScript } from "./services.js";

/** What the host has. */
export interface BuiltHostOptions {
  readonly config?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly agentId?: string | null;
  /** The program; `OSAURUS_BRIDGE` of the environment, or `osaurus-bridge`, if left out. */
  readonly program?: string;
}

/** A host call as the program tells it. */
interface RecordedCall {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly response: unknown;
}

/**
 * The reference host with one library. `await using`, or `close()`, removes what the plugin has
 * stored.
 */
export class BuiltHost {
  readonly config: Map<string, string>;
  readonly secrets: Map<string, string>;
  readonly http: HttpScript;
  readonly model = new ModelScript();
  agentId: string | null;
  /** Host calls that the plugin made. */
  readonly calls: HostCall[] = [];
  readonly logs: LogLine[] = [];
  /** Background tasks that the plugin dispatched, as they were then. */
  readonly tasks: DispatchedTask[] = [];
  readonly #library: string;
  readonly #command: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "osaurus-test-"));
  readonly #server: TestServer;
  /** Settings that the host has already, declared or not. */
  readonly #stored = new Map<string, string>();
  #program: Program | undefined;
  #given = "";

  constructor(library: string, options: BuiltHostOptions = {}) {
    if (!existsSync(library))
      throw new Error(`${library} does not exist; run osaurus-bridge build`);
    this.#library = library;
    this.config = new Map(Object.entries(options.config ?? {}));
    this.secrets = new Map(Object.entries(options.secrets ?? {}));
    this.http = new HttpScript(this.secrets);
    this.agentId = options.agentId === undefined ? AGENT : options.agentId;
    this.#server = new TestServer(this.http);
    this.#command = options.program ?? process.env["OSAURUS_BRIDGE"] ?? "osaurus-bridge";
  }

  /** Calls a tool; answers the whole envelope. */
  async envelope(tool: string, args: object = {}): Promise<JsonObject> {
    const answer = await this.#ask("call", { tool, arguments: toJson("the arguments", args) });
    const { tool: _, ...envelope } = JSON.parse(String(answer)) as JsonObject;
    return envelope;
  }

  /** Calls a tool; answers its result, throws `ToolFailure` for a failure. */
  async call(tool: string, args: object = {}): Promise<unknown> {
    const envelope = await this.envelope(tool, args);
    if (envelope["ok"] !== true) throw new ToolFailure(envelope);
    return envelope["result"];
  }

  /**
   * Sends a request to the plugin's routes and web pages, as an owner with an access key; answers
   * the response.
   */
  async request(method: string, path: string, request: TestRequest = {}): Promise<RouteResponse> {
    const { body = "", json, headers = {}, query = {} } = request;
    const search = new URLSearchParams(query).toString();
    const answer = await this.#ask("route", {
      method,
      // What is encoded already stays: `%20` is a blank in the other host, too.
      path: encodeURI(path).replace(/%25([0-9a-f]{2})/gi, "%$1") + (search ? `?${search}` : ""),
      headers: Object.entries(headers),
      body: json === undefined ? body : toJson("json", json),
    });
    return answer as RouteResponse;
  }

  /** Tells the plugin about a setting (and stores it). */
  async configChanged(key: string, value: string): Promise<void> {
    await this.#ask("config", { key, value });
    this.config.set(key, value);
    this.#stored.set(key, value);
    this.#given = JSON.stringify(await this.#options());
  }

  /** Tells the plugin about one of its tasks: `type` as in `abi.TaskEventType`. */
  async taskEvent(taskId: string, type: number, event: object): Promise<void> {
    await this.#ask("event", { task: taskId, kind: type, payload: toJson("the event", event) });
  }

  /** Tells the plugin about a shared file. */
  async artifact(artifact: object): Promise<void> {
    await this.#ask("artifact", { payload: toJson("the artifact", artifact) });
  }

  /**
   * Waits until the tasks that the plugin dispatched have ended: here they really run, with the
   * answers of `model`.
   */
  async waitForTasks(seconds = 60): Promise<void> {
    if ((await this.#ask("tasks", { seconds })) !== true)
      throw new Error(`after ${seconds} s tasks still run`);
  }

  /** Unloads the plugin; a later call loads it again. */
  async unload(): Promise<void> {
    const program = this.#program;
    this.#program = undefined;
    await program?.ended();
  }

  /** Removes what the plugin has stored. */
  close(): void {
    this.#program?.close();
    this.#program = undefined;
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.unload();
    this.close();
  }

  async #ask(action: string, details: JsonObject): Promise<unknown> {
    const program = await this.#running();
    const answer = await program
      .ask({ do: action, agent: this.agentId, ...details })
      .catch(async (error: unknown) => {
        await this.unload();
        throw error;
      });
    for (const line of answer["log"] as LogLine[]) {
      const isPlugins = !/^worker(?: started)?: /.test(line.message);
      if (isPlugins) this.logs.push({ ...line, fields: (line.fields as JsonObject | null) ?? {} });
    }
    for (const { name, args, response } of answer["calls"] as RecordedCall[]) {
      this.calls.push({ name, args });
      const task = response as { readonly id?: unknown } | null;
      if (name === "dispatch" && task?.id !== undefined)
        this.tasks.push({ ...(args[0] as object), ...task } as DispatchedTask);
    }
    return answer["result"];
  }

  async #running(): Promise<Program> {
    const options = await this.#options();
    const text = JSON.stringify(options);
    if (this.#program && text !== this.#given) await this.unload();
    this.#given = text;
    const args = ["test-host", ...options.args, this.#library];
    this.#program ??= await Program.start(this.#command, args);
    return this.#program;
  }

  /** What the program is started with, and what is in the files that this names. */
  async #options(): Promise<{ readonly args: string[]; readonly files: object }> {
    const args = [
      "--data",
      join(this.#folder, "data"),
      "--key-in-file",
      "--agents",
      `you=${AGENT}`,
    ];
    for (const [key, value] of this.config)
      if (this.#stored.get(key) !== value) args.push("--config", `${key}=${value}`);
    for (const [number, [key, value]] of [...this.secrets].entries()) {
      // Not on the command line, where `ps` shows it.
      const file = join(this.#folder, `secret-${number}`);
      writeFileSync(file, value);
      args.push("--secret", `${key}=@${file}`);
    }
    const script = this.model.script();
    if (this.model.hasRules) {
      const file = join(this.#folder, "model.toml");
      writeFileSync(file, script);
      args.push("--model-script", file);
    }
    for (const name of this.http.hosts)
      args.push("--map-host", `${name}=127.0.0.1:${await this.#server.port()}`);
    return { args, files: { secrets: [...this.secrets], script } };
  }
}
