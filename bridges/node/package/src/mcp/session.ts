/**
 * A conversation with one MCP server, as its client: JSON-RPC requests, and what the server sends
 * meanwhile. `server.ts` opens it; messages are carried by `inProcess.ts` or `command.ts`.
 */

import type { Context } from "../context.js";
import { callContext } from "../current.js";
import type { JsonObject } from "../errors.js";
import { isObject } from "../json.js";

/** Serves what a server asks for during a call. Throws `RpcError` for what it refuses. */
export type Answer = (method: string, params: JsonObject) => JsonObject | Promise<JsonObject>;

/** How messages reach the server. */
export interface Connection {
  send(message: JsonObject): void;
  close(): void;
}

/** The other side refused a request. */
export class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The server is gone; the message says why. */
export class SessionEnded extends Error {}

/** The server did not answer in time. */
export class NoAnswer extends Error {}

interface Call {
  readonly context: Context | undefined;
  readonly answer: Answer | undefined;
  readonly finish: (message: JsonObject) => void;
  readonly fail: (error: unknown) => void;
}

const PROTOCOL = "2025-06-18";
const CAPABILITIES = { sampling: {}, elicitation: {} };
const MAX_PAGES = 100;
const REFUSED = -32000;
const NOT_SUPPORTED = -32601;
const FAILED = -32603;

/** One conversation. Requests may overlap. */
export class Session {
  /** Set by the connection that opens it. */
  connection!: Connection;
  /** Called once the server has answered. */
  onBegun: () => void = () => {};
  initialized: JsonObject = {};
  /** Whether a request was given up: the server may hang. */
  late = false;
  whyEnded: string | undefined;
  readonly #calls = new Map<number, Call>();
  #last = 0;

  /** A message of the server. */
  receive(message: unknown): void {
    if (Array.isArray(message)) for (const one of message) this.receive(one);
    if (!isObject(message)) return;
    if (typeof message["method"] !== "string") {
      this.#calls.get(Number(message["id"]))?.finish(message);
    } else if (message["method"] === "ping") {
      this.#reply(message, { result: {} });
    } else {
      void this.#serve(message["method"], message);
    }
  }

  /** The server is gone. */
  ended(why: string): void {
    this.whyEnded ??= why;
    for (const call of this.#calls.values()) call.fail(new SessionEnded(this.whyEnded));
  }

  /** Greets the server. */
  async begin(ms: number): Promise<void> {
    this.initialized = await this.request(
      "initialize",
      {
        protocolVersion: PROTOCOL,
        capabilities: CAPABILITIES,
        clientInfo: { name: "osaurus-plugin", version: "1.0.0" },
      },
      { ms },
    );
    this.onBegun();
    this.#notify("notifications/initialized", {});
  }

  /** Whether the server offers "tools", "resources" or "prompts". */
  has(capability: string): boolean {
    const { capabilities } = this.initialized;
    return isObject(capabilities) && capabilities[capability] !== undefined;
  }

  /** All pages of a list. */
  async listed(method: string, key: string, ms: number): Promise<JsonObject[]> {
    const all: JsonObject[] = [];
    let cursor: unknown;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const answer = await this.request(method, cursor ? { cursor } : {}, { ms });
      const items = answer[key];
      if (Array.isArray(items)) all.push(...items.filter(isObject));
      cursor = answer["nextCursor"];
      if (!cursor) break;
    }
    return all;
  }

  /** Whether the server still answers. */
  async answers(ms: number): Promise<boolean> {
    try {
      await this.request("ping", {}, { ms });
    } catch {
      return false;
    }
    this.late = false;
    return true;
  }

  /**
   * Sends a request and waits. Throws `RpcError`, `SessionEnded`, `NoAnswer` or the signal's
   * reason.
   */
  async request(
    method: string,
    params: JsonObject,
    options: { readonly ms: number; readonly answer?: Answer; readonly signal?: AbortSignal },
  ): Promise<JsonObject> {
    if (this.whyEnded !== undefined) throw new SessionEnded(this.whyEnded);
    this.#last += 1;
    const id = this.#last;
    const { ms, answer, signal } = options;
    const settled = new AbortController();
    try {
      return await new Promise<JsonObject>((resolve, fail) => {
        const finish = (message: JsonObject): void => settle(message, resolve, fail);
        this.#calls.set(id, { context: callContext(), answer, finish, fail });
        const giveUp = (error: unknown): void => {
          this.late = true;
          fail(error);
          this.#notify("notifications/cancelled", { requestId: id, reason: String(error) });
        };
        const timer = setTimeout(
          () => giveUp(new NoAnswer(`no answer within ${ms / 1000} seconds`)),
          ms,
        );
        settled.signal.addEventListener("abort", () => clearTimeout(timer));
        signal?.addEventListener("abort", () => giveUp(signal.reason), { signal: settled.signal });
        this.connection.send({ jsonrpc: "2.0", id, method, params });
      });
    } finally {
      settled.abort();
      this.#calls.delete(id);
    }
  }

  async #serve(method: string, message: JsonObject): Promise<void> {
    const params = isObject(message["params"]) ? message["params"] : {};
    const call = this.#callOf();
    try {
      if (!call?.answer) throw new RpcError(REFUSED, this.#whyNobody(method));
      this.#reply(message, { result: await call.answer(method, params) });
    } catch (error) {
      if (error instanceof RpcError) {
        this.#reply(message, { error: { code: error.code, message: error.message } });
        return;
      }
      this.#reply(message, { error: { code: FAILED, message: String(error) } });
      if (call) {
        this.late = true;
        call.fail(error);
      }
    }
  }

  /** The call that the server's code runs for, where that is known; else the only one there is. */
  #callOf(): Call | undefined {
    const calls = [...this.#calls.values()].filter(({ answer }) => answer !== undefined);
    const context = callContext();
    const own = context && calls.find((call) => call.context === context);
    return own ?? (calls.length === 1 ? calls[0] : undefined);
  }

  #whyNobody(method: string): string {
    const running = [...this.#calls.values()].some(({ answer }) => answer !== undefined);
    const why = running ? "several calls are running" : "no call is running";
    return `${method} is refused: ${why}, so it is not known whom it is for`;
  }

  #reply(message: JsonObject, body: JsonObject): void {
    if (message["id"] !== undefined) this.#send({ jsonrpc: "2.0", id: message["id"], ...body });
  }

  #notify(method: string, params: JsonObject): void {
    this.#send({ jsonrpc: "2.0", method, params });
  }

  /** A message without an answer. */
  #send(message: JsonObject): void {
    try {
      this.connection.send(message);
    } catch (error) {
      if (!(error instanceof SessionEnded)) throw error;
    }
  }
}

function settle(
  message: JsonObject,
  resolve: (result: JsonObject) => void,
  fail: (error: unknown) => void,
): void {
  const { error, result } = message;
  if (isObject(error)) fail(new RpcError(Number(error["code"]), String(error["message"])));
  else resolve(isObject(result) ? result : {});
}

/** The error for a request that has no counterpart. */
export function unsupported(what: string): RpcError {
  return new RpcError(NOT_SUPPORTED, `${what} has no counterpart in Osaurus`);
}
