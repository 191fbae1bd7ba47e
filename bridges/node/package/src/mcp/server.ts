/**
 * One included server: its sessions, started when they are first needed and again when they end,
 * and its tools. `index.ts` makes it; builds and test hosts ask for its tools, the runtime calls
 * them.
 */

import type { Context } from "../context.js";
import { closest } from "../declare/closest.js";
import { misdeclared, SourceLocation } from "../declare/location.js";
import type { IncludedServer } from "../declare/plugin.js";
import type { Tool } from "../declare/tool.js";
import { type JsonObject, ToolError } from "../errors.js";
import { messagesOf, resultOf, resultOfContents } from "./content.js";
import { answers, type Elicit } from "./requests.js";
import { NoAnswer, RpcError, type Session, SessionEnded } from "./session.js";
import {
  about,
  freeId,
  IncludedTool,
  OVERRIDES,
  prompting,
  reading,
  type ToolOverride,
  toolId,
} from "./tools.js";

/** What an author says of an included server. */
export interface IncludeOptions {
  /** Put before the ids of its tools, with an underscore. */
  readonly prefix?: string;
  /** The names of the tools to take, or a function that says so of a name. */
  readonly filter?: readonly string[] | ((name: string) => boolean);
  /** Changes by the server's name of a tool. */
  readonly overrides?: Readonly<Record<string, ToolOverride>>;
  /** Whether a tool `read_resource` is added for a server that has some; true if left out. */
  readonly resources?: boolean;
  /** Whether a tool `get_prompt` is added for a server that has some. */
  readonly prompts?: boolean;
  /** Answers what the server would ask the user. */
  readonly elicit?: Elicit;
}

/** Opens a session, with the user's secrets. */
export type Connect = (secrets: Readonly<Record<string, string>>) => Promise<Session>;

const START_MS = 60_000;
const CALL_MS = 300_000; // the engine's deadline comes first
const PING_MS = 1000;
const MAX_SESSIONS = 4;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;
/** A session that lived this long did start. */
const LASTING_MS = 30_000;
const INVALID_PARAMS = -32602;

interface Entry {
  readonly method: "tools/call" | "resources/read" | "prompts/get";
  readonly tool: JsonObject;
}

interface Conversation {
  readonly session: Session;
  readonly started: number;
  /** By the plugin's ids. */
  readonly tools: ReadonlyMap<string, Entry>;
}

/** A server with one session, or one for each set of secrets. */
export class Server implements IncludedServer {
  readonly secrets: Readonly<Record<string, string>>;
  readonly #what: string;
  readonly #connect: Connect;
  readonly #options: IncludeOptions;
  readonly #place = new SourceLocation();
  readonly #open = new Map<string, Promise<Conversation>>();
  #declared: Promise<ReadonlyMap<string, Tool>> | undefined;
  #failures = 0;
  #notBefore = 0;

  constructor(
    what: string,
    connect: Connect,
    options: IncludeOptions,
    secrets: Readonly<Record<string, string>> = {},
  ) {
    this.#what = what;
    this.#connect = connect;
    this.#options = options;
    this.secrets = secrets;
    this.#checkOverrides();
  }

  #checkOverrides(): void {
    for (const [name, override] of Object.entries(this.#options.overrides ?? {})) {
      const unknown = Object.keys(override).find((key) => !(OVERRIDES as string[]).includes(key));
      if (unknown === undefined) continue;
      const nearest = closest(unknown, OVERRIDES);
      const hint = nearest ? `did you mean "${nearest}"?` : `there are ${OVERRIDES.join(", ")}`;
      throw misdeclared(
        this.#place,
        `overrides of "${name}"`,
        `"${unknown}" is not a key; ${hint}`,
      );
    }
  }

  // --- the build

  tools(): Promise<ReadonlyMap<string, Tool>> {
    this.#declared ??= this.#listTools();
    return this.#declared;
  }

  async #listTools(): Promise<ReadonlyMap<string, Tool>> {
    const names = Object.keys(this.secrets);
    const secrets = Object.fromEntries(names.map((name) => [name, process.env[name] ?? "not-set"]));
    const { tools } = await this.#conversation(secrets).catch((error: unknown) => {
      throw misdeclared(
        this.#place,
        this.#what,
        error instanceof Error ? error.message : String(error),
      );
    });
    this.#checkNames([...tools.values()].map(({ tool }) => String(tool["name"])));
    return new Map([...tools].map(([id, { tool }]) => [id, this.#tool(id, tool)]));
  }

  #tool(id: string, tool: JsonObject): Tool {
    const { id: _, ...override } = this.#options.overrides?.[String(tool["name"])] ?? {};
    return new IncludedTool((input, ctx) => this.call(ctx, id, input), about(tool, override));
  }

  /** Throws for a filter or an override that means no tool. */
  #checkNames(names: readonly string[]): void {
    const { filter, overrides = {} } = this.#options;
    for (const name of [...Object.keys(overrides), ...(Array.isArray(filter) ? filter : [])]) {
      if (names.includes(String(name))) continue;
      const has = names.join(", ") || "none";
      throw misdeclared(
        this.#place,
        this.#what,
        `the server has no tool "${name}" (it has: ${has})`,
      );
    }
  }

  // --- calls

  mayHave(id: string): boolean {
    const { prefix, overrides = {} } = this.#options;
    const isOwn = Object.values(overrides).some((one) => one.id === id);
    return isOwn || prefix === undefined || id.startsWith(`${prefix}_`);
  }

  async has(ctx: Context, id: string): Promise<boolean> {
    return this.mayHave(id) && (await this.#forCall(ctx)).tools.has(id);
  }

  async call(ctx: Context, id: string, input: JsonObject): Promise<unknown> {
    const { session, tools } = await this.#forCall(ctx);
    const entry = tools.get(id);
    if (!entry) {
      throw new ToolError(
        "not_found",
        `the server has no tool "${id}" any more; build the plugin again`,
      );
    }
    const answer = await this.#request(session, ctx, entry, input);
    if (entry.method === "prompts/get") return messagesOf(answer);
    return entry.method === "resources/read" ? resultOfContents(answer) : resultOf(answer);
  }

  async #request(
    session: Session,
    ctx: Context,
    entry: Entry,
    input: JsonObject,
  ): Promise<JsonObject> {
    const answer = answers(ctx, this.#options.elicit);
    const options = { ms: CALL_MS, answer, signal: ctx.signal };
    try {
      return await session.request(entry.method, paramsOf(entry, input), options);
    } catch (error) {
      if (error instanceof RpcError) {
        const kind = error.code === INVALID_PARAMS ? "invalid_args" : "execution_error";
        throw new ToolError(kind, error.message);
      }
      if (error instanceof SessionEnded) {
        throw new ToolError("execution_error", `${error.message}. The next call starts it again`);
      }
      throw error instanceof NoAnswer ? new ToolError("timeout", error.message) : error;
    }
  }

  // --- sessions

  async #forCall(ctx: Context): Promise<Conversation> {
    const names = Object.keys(this.secrets);
    const missing = names.filter((name) => ctx.secrets.find(name) === undefined);
    if (missing.length > 0) {
      const text = `not set: ${missing.join(", ")}. The user fills it in with the plugin's settings`;
      throw new ToolError("unavailable", text);
    }
    try {
      const pairs = names.map((name) => [name, ctx.secrets.get(name)] as const);
      return await this.#conversation(Object.fromEntries(pairs));
    } catch (error) {
      if (error instanceof ToolError) throw error;
      const text = error instanceof Error ? error.message : String(error);
      throw new ToolError("unavailable", `the MCP server does not start: ${text}`);
    }
  }

  async #conversation(secrets: Readonly<Record<string, string>>): Promise<Conversation> {
    const key = JSON.stringify(Object.values(secrets));
    const open = this.#open.get(key);
    if (open && (await this.#isUsable(await open))) {
      if (this.#open.get(key) === open) {
        this.#open.delete(key); // the last used one is last
        this.#open.set(key, open);
      }
      return open;
    }
    const other = this.#open.get(key);
    if (other && other !== open) return other; // another call has started it meanwhile
    this.#forget(key);
    this.#checkTurn();
    const started = this.#start(secrets);
    this.#open.set(key, started);
    started.catch(() => {
      this.#failed();
      if (this.#open.get(key) === started) this.#open.delete(key);
    });
    const [oldest] = this.#open.keys();
    if (this.#open.size > MAX_SESSIONS && oldest !== undefined) this.#forget(oldest);
    return started;
  }

  async #start(secrets: Readonly<Record<string, string>>): Promise<Conversation> {
    const session = await this.#connect(secrets);
    try {
      await session.begin(START_MS);
      return { session, started: Date.now(), tools: await this.#list(session) };
    } catch (error) {
      session.onBegun();
      session.connection.close();
      throw error;
    }
  }

  async #list(session: Session): Promise<ReadonlyMap<string, Entry>> {
    const { resources = true, prompts = false } = this.#options;
    const entries = new Map<string, Entry>();
    const add = (method: Entry["method"], tool: JsonObject): void => {
      const name = String(tool["name"]);
      const ownId = this.#idOf(name);
      const isOurs = method !== "tools/call"; // left out where the server has one of that name
      if (!this.#takes(name) || (isOurs && entries.has(ownId))) return;
      entries.set(freeId(ownId, entries), { method, tool });
    };
    const list = async (capability: string): Promise<JsonObject[]> =>
      session.has(capability) ? session.listed(`${capability}/list`, capability, START_MS) : [];
    for (const tool of await list("tools")) add("tools/call", tool);
    if (resources && session.has("resources")) {
      const [all, templates] = [await list("resources"), await templatesOf(session)];
      if (all.length + templates.length > 0) add("resources/read", reading(all, templates));
    }
    const offered = prompts ? await list("prompts") : [];
    if (offered.length > 0) add("prompts/get", prompting(offered));
    return entries;
  }

  #takes(name: string): boolean {
    const { filter } = this.#options;
    if (filter === undefined) return true;
    return typeof filter === "function" ? filter(name) : filter.includes(name);
  }

  #idOf(name: string): string {
    return this.#options.overrides?.[name]?.id ?? toolId(name, this.#options.prefix);
  }

  async #isUsable({ session, started }: Conversation): Promise<boolean> {
    if (session.whyEnded === undefined) return !session.late || (await session.answers(PING_MS));
    if (Date.now() - started > LASTING_MS) this.#failures = 0;
    else this.#failed();
    return false;
  }

  #failed(): void {
    const delay = Math.min(FIRST_DELAY_MS * 2 ** this.#failures, LONGEST_DELAY_MS);
    this.#notBefore = Date.now() + (this.#failures > 0 ? delay : 0);
    this.#failures += 1;
  }

  #checkTurn(): void {
    const ms = this.#notBefore - Date.now();
    if (ms <= 0) return;
    const often = `the MCP server ended ${this.#failures} times shortly after its start`;
    const when = `the next start is tried in ${Math.ceil(ms / 1000)} seconds`;
    throw new ToolError("unavailable", `${often}; ${when}`);
  }

  #forget(key: string): void {
    const open = this.#open.get(key);
    this.#open.delete(key);
    open?.then(
      ({ session }) => session.connection.close(),
      () => {},
    );
  }

  close(): void {
    for (const key of [...this.#open.keys()]) this.#forget(key);
  }
}

function paramsOf({ method, tool }: Entry, input: JsonObject): JsonObject {
  const name = tool["name"];
  if (method === "resources/read") return input;
  if (method === "prompts/get") return { arguments: {}, ...input };
  return { name, arguments: input, _meta: { progressToken: name } };
}

async function templatesOf(session: Session): Promise<JsonObject[]> {
  try {
    return await session.listed("resources/templates/list", "resourceTemplates", START_MS);
  } catch (error) {
    if (error instanceof RpcError) return [];
    throw error;
  }
}
