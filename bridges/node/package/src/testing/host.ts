/** Runs a plugin in a unit test: no library, no host, the real runtime. */

import type { Extras } from "../context.js";
import { declareIncluded, type Plugin } from "../declare/plugin.js";
import { toolManifest } from "../declare/tool.js";
import { HostCallRefused, type JsonObject, ToolError } from "../errors.js";
import {
  type HostArgument,
  HostSlot,
  LogLevel,
  type ManifestTool,
  type RouteResponse,
} from "../generated.js";
import { toJson, tryJson } from "../json.js";
import { type Kind, LATE, Runtime } from "../runtime.js";
import { coerce } from "./coercion.js";
import { TestDatabase } from "./database.js";
import { type LogLine, ToolFailure } from "./failure.js";
import { TestFrame } from "./frame.js";
import { matchRoute } from "./routes.js";
import {
  type DispatchedTask,
  HttpScript,
  ModelScript,
  type SentRequest,
  TaskList,
} from "./services.js";
import { sentence, validate } from "./validation.js";

/** The agent that calls unless a test names another one. */
export const AGENT = "11111111-2222-3333-4444-555555555555";

/** Names of the host's functions, such as "http_request". */
export type HostCallName = string;

/** What a test answers: JSON, text, or a function of the arguments (JSON read) that gives one. */
export type Answer = ((...args: unknown[]) => unknown) | JsonObject | string | null;

/** A host call that the plugin made: its name, and its arguments with JSON read. */
export interface HostCall {
  readonly name: HostCallName;
  readonly args: readonly unknown[];
}

/** What the host has and who is asking. */
export interface TestHostOptions {
  readonly config?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly agentId?: string | null;
  readonly workingDirectory?: string;
}

/** A request of a test to the plugin's routes. */
export interface TestRequest {
  readonly body?: string;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

const NAMES = new Map<number, HostCallName>(
  Object.entries(HostSlot).map(([name, slot]) => [slot, snake(name)]),
);
const LEVELS = Object.keys(LogLevel).map((name) => name.toLowerCase()) as LogLine["level"][];
/** Calls whose first argument is text and no JSON. */
const TEXT = new Set(["config_get", "config_set", "config_delete", "db_exec", "db_query", "log"]);

/**
 * A host for one plugin. Settings live in a map and the database in SQLite's memory; every other
 * host call is answered by the test, or refused.
 *
 * @example
 * const load = defineTool({
 *   description: "Load a page.",
 *   input: z.object({ url: z.string() }),
 *   run: async ({ url }, ctx) => (await ctx.http.get(url)).text,
 * });
 * const host = new TestHost(definePlugin({ tools: { load } }));
 * host.answer("http_request", { status: 200, body: "hi" });
 * assert.deepEqual(await host.call("load", { url: "https://example.com" }), { text: "hi" });
 */
export class TestHost {
  readonly config: Map<string, string>;
  readonly secrets: Map<string, string>;
  /** Answers to the plugin's requests. */
  readonly http: HttpScript;
  /** What models answer. */
  readonly model = new ModelScript();
  agentId: string | null;
  /** Host calls that the plugin made. */
  readonly calls: HostCall[] = [];
  /** Lines that it logged, of `console`, too, where the package redirects it. */
  readonly logs: LogLine[] = [];
  readonly #plugin: Plugin;
  readonly #runtime: Runtime;
  readonly #tasks = new TaskList();
  readonly #directory: string | undefined;
  readonly #answers = new Map<HostCallName, (...args: unknown[]) => unknown>();
  #chunks: readonly unknown[] = [];
  #database: TestDatabase | undefined;
  #loaded: Promise<void> | undefined;
  #included: Promise<void> | undefined;

  constructor(plugin: Plugin, options: TestHostOptions = {}) {
    this.#plugin = plugin;
    this.#runtime = new Runtime(plugin);
    this.config = new Map(Object.entries(options.config ?? {}));
    this.agentId = options.agentId === undefined ? AGENT : options.agentId;
    this.secrets = new Map(Object.entries(options.secrets ?? {}));
    this.http = new HttpScript(this.secrets);
    this.#directory = options.workingDirectory;
  }

  /** Background tasks that the plugin dispatched. */
  get tasks(): readonly DispatchedTask[] {
    return this.#tasks.all;
  }

  get #extras(): Extras {
    const where = this.#directory === undefined ? {} : { working_directory: this.#directory };
    return { secrets: Object.fromEntries(this.secrets), ...where };
  }

  /** Answers a host call such as "http_request", "dispatch" or "embed". */
  answer(name: HostCallName, answer: Answer): void {
    const names = [...NAMES.values()];
    if (!names.includes(name))
      throw new Error(`no host call "${name}"; there are ${names.join(", ")}`);
    this.#answers.set(name, typeof answer === "function" ? answer : () => answer);
  }

  /** Answers `inference.stream`: each text is a piece of the model's answer. */
  answerStream(pieces: readonly (string | JsonObject)[]): void {
    this.#chunks = pieces.map((one) =>
      typeof one === "string" ? { choices: [{ index: 0, delta: { content: one } }] } : one,
    );
  }

  /** The plugin's tools as the manifest has them. Starts the MCP servers that it includes. */
  async tools(): Promise<ManifestTool[]> {
    await this.#declared();
    return [...this.#plugin.tools].map(([id, tool]) => toolManifest(id, tool));
  }

  /**
   * Calls a tool; answers the whole envelope. The arguments are coerced and checked first, as the
   * shim does.
   */
  async envelope(tool: string, args: object = {}): Promise<JsonObject> {
    await this.#declared();
    const declared = this.#plugin.tools.get(tool);
    const parameters = declared?.input(tool).parameters ?? {};
    const payload = coerce(parameters, JSON.parse(toJson("the arguments", args)));
    const wrong = validate(parameters, payload);
    if (wrong) {
      const { field, expected } = wrong;
      return new ToolError("invalid_args", sentence(wrong), { field, expected }).envelope();
    }
    const timeout = declared?.timeoutMs;
    return JSON.parse(await this.#run("tool", tool, payload, this.#extras, timeout)) as JsonObject;
  }

  #declared(): Promise<void> {
    this.#included ??= declareIncluded(this.#plugin);
    return this.#included;
  }

  /** Calls a tool; answers its result, throws `ToolFailure` for a failure. */
  async call(tool: string, args: object = {}): Promise<unknown> {
    const envelope = await this.envelope(tool, args);
    if (envelope["ok"] !== true) throw new ToolFailure(envelope);
    return envelope["result"];
  }

  /** Sends a request to the plugin's routes, matched as the host does. */
  async request(method: string, path: string, request: TestRequest = {}): Promise<RouteResponse> {
    const match = matchRoute(this.#plugin, method.toUpperCase(), path);
    if (!match) return { status: 404, headers: {}, body: "No matching route" };
    const raw = this.#routeRequest(method, path, request, match);
    return JSON.parse(await this.#run("route", match.id, raw)) as RouteResponse;
  }

  #routeRequest(
    method: string,
    path: string,
    { body, json, headers, query }: TestRequest,
    found: { readonly id: string; readonly params: object },
  ): object {
    const lower = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
    const plugin_id = this.#plugin.definition.id ?? "dev.example.test";
    const base_url = "http://127.0.0.1:1338";
    return {
      method: method.toUpperCase(),
      path,
      path_params: found.params,
      query: query ?? {},
      headers: Object.fromEntries(lower) as object,
      body: json === undefined ? (body ?? "") : toJson("json", json),
      body_encoding: "utf8",
      remote_addr: "",
      route_id: found.id,
      plugin_id,
      osaurus: { base_url, plugin_url: `${base_url}/plugins/${plugin_id}`, agent_address: "" },
    };
  }

  /** Tells the plugin about a setting (and stores it). */
  async configChanged(key: string, value: string): Promise<void> {
    this.config.set(key, value);
    await this.#run("config", key, { key, value });
  }

  /** Tells the plugin about one of its tasks: `type` as in `abi.TaskEventType`. */
  async taskEvent(taskId: string, type: number, event: object): Promise<void> {
    await this.#run("task", taskId, { task_id: taskId, type, event });
  }

  /** Ends one of `tasks` and tells the plugin. */
  async finishTask(id: string, output = "", success = true): Promise<void> {
    const task = this.#tasks.find(id);
    if (!task) throw new Error(`there is no task "${id}"; there are ${JSON.stringify(this.tasks)}`);
    task.status = success ? "completed" : "failed";
    await this.taskEvent(id, success ? 4 : 5, { success, summary: "Chat completed", output });
  }

  /** Tells the plugin about a shared file. */
  async artifact(artifact: object): Promise<void> {
    await this.#run("artifact", "share", artifact);
  }

  /** Unloads the plugin. */
  async unload(): Promise<void> {
    await this.#run("unload", "", null);
  }

  /** Ends what the plugin has started, such as MCP servers. */
  close(): void {
    void this.unload();
  }

  async #run(
    kind: Kind,
    target: string,
    payload: unknown,
    extras: Extras | null = null,
    timeoutMs?: number,
  ): Promise<string> {
    await (this.#loaded ??= Promise.resolve(this.#plugin.definition.onLoad?.()));
    const frame = new TestFrame({
      call: (slot, args) => this.#hostCall(slot, args),
      stream: (request, onChunk) => this.#stream(request, onChunk),
      note: (level, message) => this.#log(level, message),
    });
    const answer = this.#runtime.call(frame, kind, target, payload, extras);
    try {
      return await (timeoutMs === undefined
        ? answer
        : Promise.race([answer, frame.expireAfter(timeoutMs)]));
    } finally {
      frame.end();
    }
  }

  #log(level: number, message: string, fields: JsonObject = {}): null {
    this.logs.push({ level: LEVELS[level] ?? "info", message, fields });
    return null;
  }

  #hostCall(slot: HostSlot, args: readonly HostArgument[]): string | null | Promise<string | null> {
    const name = NAMES.get(slot) ?? String(slot);
    const values = TEXT.has(name) ? args : args.map((arg) => readArgument(arg));
    this.calls.push({ name, args: values });
    const scripted = this.#answers.get(name);
    return scripted ? written(scripted(...values)) : this.#builtIn(name, args);
  }

  #builtIn(
    name: HostCallName,
    args: readonly HostArgument[],
  ): string | null | Promise<string | null> {
    const [first = null, second, third] = args.map((arg) => (arg === null ? null : String(arg)));
    switch (name) {
      case "config_get":
        return this.config.get(first ?? "") ?? null;
      case "config_set":
        this.config.set(first ?? "", second ?? "");
        return null;
      case "config_delete":
        this.config.delete(first ?? "");
        return null;
      case "db_exec":
        return (this.#database ??= new TestDatabase()).exec(first ?? "", second ?? null);
      case "db_query":
        return (this.#database ??= new TestDatabase()).query(first ?? "", second ?? null);
      case "log":
        return this.#log(Number(first), second ?? "");
      case "log_structured":
        return this.#log(Number(first), second ?? "", JSON.parse(third ?? "{}") as JsonObject);
      case "get_active_agent_id":
        return this.agentId;
      case "http_request":
        return this.http
          .respond(readArgument(first) as SentRequest)
          .then((one) => JSON.stringify(one));
      case "complete":
        return this.#complete(readArgument(first) as JsonObject);
      case "dispatch":
        return JSON.stringify(this.#tasks.dispatch(readArgument(first) as JsonObject));
      case "task_status":
        return JSON.stringify(this.#tasks.status(first ?? ""));
      case "list_active_tasks":
        return JSON.stringify(this.#tasks.active());
      case "dispatch_cancel":
        this.#tasks.cancel(first ?? "");
        return null;
      default:
        throw new HostCallRefused(`the test answers no ${name}; say host.answer("${name}", ...)`);
    }
  }

  #complete(request: JsonObject): string {
    const answer = this.model.respond(request);
    if (answer) return JSON.stringify(answer);
    throw new HostCallRefused("the test answers no complete; say host.model.answer(...)");
  }

  async #stream(request: string, onChunk: (text: string) => boolean): Promise<string | null> {
    const parsed: unknown = JSON.parse(request);
    this.calls.push({ name: "complete_stream", args: [parsed] });
    let text = "";
    const scripts = this.#chunks.length > 0 || this.#answers.has("complete_stream");
    const ruled = scripts ? undefined : this.model.respond(parsed as JsonObject);
    if (ruled?.["error"]) return JSON.stringify(ruled);
    const chunks = ruled ? wordByWord(ruled) : this.#chunks;
    for (const chunk of chunks) {
      await new Promise(setImmediate); // as in the host: the handler reads while the model writes
      if (!onChunk(JSON.stringify(chunk))) {
        return JSON.stringify({ error: "cancelled", message: "", partial_content: text });
      }
      text += textOf(chunk);
    }
    const scripted = this.#answers.get("complete_stream");
    if (scripted) return written(scripted(parsed));
    if (chunks.length === 0) {
      throw new HostCallRefused(
        "the test answers no stream; say host.model.answer(...) or host.answerStream([...])",
      );
    }
    const message = { role: "assistant", content: text };
    const choices = [{ index: 0, message, finish_reason: "stop" }];
    return JSON.stringify({ id: "cmpl-TEST", model: "test", choices });
  }
}

/** The pieces of a model's answer. */
function wordByWord(answer: JsonObject): readonly unknown[] {
  const { choices } = answer as {
    readonly choices: readonly { readonly message: { readonly content: string } }[];
  };
  const words = choices[0]?.message.content.split(" ") ?? [];
  return words.map((word, at) => ({
    choices: [{ index: 0, delta: { content: at > 0 ? ` ${word}` : word } }],
  }));
}

function textOf(chunk: unknown): string {
  const parsed = chunk as {
    readonly choices?: readonly { readonly delta?: { content?: unknown } }[];
  };
  return String(parsed.choices?.[0]?.delta?.content ?? "");
}

function readArgument(arg: HostArgument): unknown {
  return typeof arg === "string" && /^[[{]/.test(arg) ? (tryJson(arg) ?? arg) : arg;
}

async function written(value: unknown): Promise<string | null> {
  const answer = await value;
  if (answer === null || answer === undefined) return null;
  return typeof answer === "string" ? answer : toJson("the test's answer", answer);
}

function snake(name: string): string {
  return name.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

/** The envelope of a call whose time is over, for comparisons. */
export const timeoutEnvelope: JsonObject = LATE;
