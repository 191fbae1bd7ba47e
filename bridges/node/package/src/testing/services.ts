/**
 * What a test says the outside world answers: HTTP, models, background tasks. Used by the test hosts
 * of the plugin in this process (`index.ts`) and of the built library (`built.ts`).
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { HostCallRefused, type JsonObject } from "../errors.js";
import { toJson } from "../json.js";

/** A request of the plugin, as the host gets it. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly body_encoding?: string;
}

/** How a request is answered. */
export interface HttpAnswer {
  /** Only requests of this method. */
  readonly method?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A body of JSON. */
  readonly json?: unknown;
  /** How often the rule is used; always if left out. */
  readonly times?: number;
}

/** A response as the host gives it. */
export interface HttpResponseObject {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly body_encoding?: string;
}

interface Rule {
  readonly url: string;
  readonly method: string | undefined;
  readonly response: HttpResponseObject;
  left: number;
}

const RECORD = "OSAURUS_RECORD";

/** Answers to the plugin's requests, and the requests that it made. */
export class HttpScript {
  readonly requests: SentRequest[] = [];
  readonly #rules: Rule[] = [];
  readonly #secrets: ReadonlyMap<string, string>;
  #recording: string | undefined;

  constructor(secrets: ReadonlyMap<string, string> = new Map()) {
    this.#secrets = secrets;
  }

  /**
   * Answers requests to a URL; `*` stands for any part of it after the host. The first rule that
   * fits is used.
   */
  answer(url: string, answer: HttpAnswer = {}): void {
    const host = /^https?:\/\/([^/?#]*)/.exec(url)?.[1] ?? "";
    if (host === "" || host.includes("*")) {
      const whole = "write a whole URL, such as https://api.example.com/books*";
      throw new TypeError(`${JSON.stringify(url)} names no host: ${whole}`);
    }
    const { method, status = 200, headers = {}, body = "", json, times } = answer;
    const type = json === undefined ? {} : { "content-type": "application/json" };
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    const text = json === undefined ? body : toJson("json", json);
    this.#rules.push({
      url,
      method: method?.toUpperCase(),
      response: { status, headers: { ...type, ...Object.fromEntries(lower) }, body: text },
      left: times ?? Number.POSITIVE_INFINITY,
    });
  }

  /**
   * Answers from a file of real answers. With OSAURUS_RECORD=1 in the environment, requests that it
   * lacks are really made, and written to it: without cookies, and with `<NAME>` in place of the
   * test's secrets and of what an Authorization header has.
   */
  recorded(file: string): void {
    this.#recording = file;
    if (!existsSync(file)) {
      if (process.env[RECORD]) return;
      throw new Error(`${file} does not exist; run once with ${RECORD}=1`);
    }
    for (const one of readRecording(file)) this.#add(one);
  }

  #add({ method, url, ...response }: Recorded): void {
    this.#rules.push({ url, method, response, left: Number.POSITIVE_INFINITY });
  }

  /** The names that rules are for. */
  get hosts(): string[] {
    return [...new Set(this.#rules.map(({ url }) => new URL(url.replaceAll("*", "x")).hostname))];
  }

  /** Whether a rule fits. */
  answersTo(method: string, url: string): boolean {
    return this.#rules.some((rule) => fits(rule, method, url));
  }

  /** The response to a request. Throws `HostCallRefused` where no rule fits. */
  async respond(request: SentRequest): Promise<HttpResponseObject> {
    this.requests.push({ ...request, headers: inAnyCase(request.headers ?? {}) });
    const { method = "GET", url } = request;
    const hidden = this.#hidden(request);
    const urls = [url, without(hidden, url)];
    const rule = this.#rules.find((one) => urls.some((candidate) => fits(one, method, candidate)));
    if (rule) {
      rule.left -= 1;
      return rule.response;
    }
    if (this.#recording !== undefined && process.env[RECORD]) {
      return this.#record(this.#recording, request);
    }
    const advice = `say host.http.answer(${JSON.stringify(url)}, ...)`;
    throw new HostCallRefused(`the test answers no ${method} ${url}; ${advice}`);
  }

  async #record(file: string, request: SentRequest): Promise<HttpResponseObject> {
    const response = await really(request);
    const hidden = this.#hidden(request);
    const headers = Object.entries(response.headers)
      .filter(([name]) => name !== "set-cookie")
      .map(([name, value]) => [name, without(hidden, value)]);
    const entry = {
      ...response,
      method: request.method,
      url: without(hidden, request.url),
      headers: Object.fromEntries(headers) as Record<string, string>,
      body: without(hidden, response.body),
    };
    mkdirSync(dirname(file), { recursive: true });
    const all = [...(existsSync(file) ? readRecording(file) : []), entry];
    writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
    this.#add(entry);
    return response;
  }

  /** What no recording may have, and what stands for it there. */
  #hidden({ headers = {} }: SentRequest): Map<string, string> {
    const hidden = new Map<string, string>();
    const hide = (value: string, name: string) => {
      if (value) hidden.set(value, `<${name}>`).set(encodeURIComponent(value), `<${name}>`);
    };
    for (const [name, value] of Object.entries(headers)) {
      if (name.toLowerCase() === "authorization")
        hide(value.split(" ").at(-1) ?? "", "authorization");
    }
    for (const [name, value] of this.#secrets) hide(value, name);
    return hidden;
  }
}

/** Header names in any case, as in the host: in a library they arrive in lower case. */
function inAnyCase(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const names = new Map(Object.keys(headers).map((name) => [name.toLowerCase(), name]));
  return new Proxy(headers, {
    get: (all, name) =>
      typeof name === "string" ? all[names.get(name.toLowerCase()) ?? name] : undefined,
  });
}

/** The same with other words in place of what is hidden. */
function without(hidden: ReadonlyMap<string, string>, text: string): string {
  return [...hidden].reduce((rest, [value, name]) => rest.replaceAll(value, name), text);
}

type Recorded = HttpResponseObject & { readonly method: string; readonly url: string };

function readRecording(file: string): Recorded[] {
  return JSON.parse(readFileSync(file, "utf8")) as Recorded[];
}

function fits(rule: Rule, method: string, url: string): boolean {
  if (rule.left <= 0 || (rule.method ?? method) !== method) return false;
  const parts = rule.url.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(url);
}

async function really({
  method,
  url,
  headers,
  body,
  body_encoding,
}: SentRequest): Promise<HttpResponseObject> {
  const payload =
    body_encoding === "base64" && body !== undefined ? Buffer.from(body, "base64") : body;
  const answer = await fetch(url, {
    method,
    ...(headers ? { headers } : {}),
    ...(payload === undefined ? {} : { body: payload }),
  });
  const content = Buffer.from(await answer.arrayBuffer());
  const text = content.toString("utf8");
  const encoded = Buffer.from(text).equals(content)
    ? { body: text }
    : { body: content.toString("base64"), body_encoding: "base64" };
  return { status: answer.status, headers: Object.fromEntries(answer.headers), ...encoded };
}

/** What a model does. */
export interface ModelAnswer {
  /** The model fails for this reason instead. */
  readonly fail?: string;
  /** How often the rule is used; always if left out. */
  readonly times?: number;
}

/** What the host's models answer, by the last message. */
export class ModelScript {
  /** The last message of each request. */
  readonly prompts: string[] = [];
  readonly #rules: {
    when: string;
    text: string;
    fail: string | undefined;
    times: number | undefined;
  }[] = [];

  /**
   * Answers a message that contains `when`, in any case (`""`: any message). The first rule that
   * fits is used.
   */
  answer(when: string, text = "", { fail, times }: ModelAnswer = {}): void {
    this.#rules.push({ when, text, fail, times });
  }

  /** Whether there is a rule. */
  get hasRules(): boolean {
    return this.#rules.length > 0;
  }

  /** The host's answer; nothing where no rule fits. */
  respond(request: JsonObject): JsonObject | undefined {
    const { messages } = request as {
      readonly messages?: readonly { readonly content?: unknown }[];
    };
    const prompt = String(messages?.at(-1)?.content ?? "");
    this.prompts.push(prompt);
    const rule = this.#rules.find(
      ({ when, times }) => times !== 0 && prompt.toLowerCase().includes(when.toLowerCase()),
    );
    if (!rule) return undefined;
    if (rule.times !== undefined) rule.times -= 1;
    if (rule.fail !== undefined) return { error: "inference_error", message: rule.fail };
    const message = { role: "assistant", content: rule.text };
    return {
      id: "cmpl-TEST",
      model: "test",
      choices: [{ index: 0, message, finish_reason: "stop" }],
    };
  }

  /** The rules as a script for the reference host's model. */
  script(): string {
    const rules = this.#rules.map(({ when, text, fail, times }) => {
      const keys = { when, ...(fail === undefined ? { text } : { fail }), times };
      const pairs = Object.entries(keys).filter(([, value]) => value !== undefined);
      return ["[[rule]]", ...pairs.map(([key, value]) => `${key} = ${JSON.stringify(value)}`)];
    });
    return `${rules.flat().join("\n")}\n`;
  }
}

/** A background task that the plugin dispatched. */
export interface DispatchedTask {
  readonly id: string;
  readonly prompt: string;
  readonly title?: string;
  readonly tools?: readonly string[];
  status: "running" | "completed" | "failed" | "cancelled";
}

/** The tasks of a test host, as the host answers for them. */
export class TaskList {
  readonly all: DispatchedTask[] = [];

  dispatch(request: JsonObject): JsonObject {
    const id = String(request["id"] ?? crypto.randomUUID().toUpperCase());
    this.all.push({ ...(request as { prompt: string }), id, status: "running" });
    return { id, status: "running" };
  }

  find(id: string): DispatchedTask | undefined {
    return this.all.find((task) => task.id === id);
  }

  status(id: string): object {
    return this.find(id) ?? { error: "not_found", message: "Task not found" };
  }

  active(): object {
    return { tasks: this.all.filter(({ status }) => status === "running") };
  }

  cancel(id: string): void {
    const task = this.find(id);
    if (task) task.status = "cancelled";
  }
}
