/** `ctx.http`: HTTP through the host, to public addresses only, 60 requests a minute. */

import { HttpStatusError } from "../errors.js";
import type { HostCalls, HttpResponse } from "../generated.js";
import { toJson } from "../json.js";
import { reply, requireText, withoutUndefined } from "./replies.js";

/** What goes into the address after the question mark. */
export type Query = Readonly<
  Record<string, string | number | boolean | readonly (string | number | boolean)[]>
>;

/** How a request is made. */
export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Query;
  /** Text, or bytes. */
  readonly body?: string | Uint8Array;
  /** Sent as JSON; instead of `body`. */
  readonly json?: unknown;
  /** Milliseconds; the host's own default is 30 seconds. */
  readonly timeoutMs?: number;
  /** Whether redirects are followed, as they are if left out. */
  readonly followRedirects?: boolean;
}

/** An answer to an HTTP request; every status counts as one. */
export class HttpResult {
  /** The whole answer of the host. */
  readonly raw: HttpResponse;

  constructor(raw: HttpResponse) {
    this.raw = raw;
  }

  /** The status code. */
  get status(): number {
    return this.raw.status ?? 0;
  }

  /** Whether the status is below 400. */
  get ok(): boolean {
    return this.status < 400;
  }

  /** Header values by lower-case name. */
  get headers(): Readonly<Record<string, string>> {
    return this.raw.headers ?? {};
  }

  /** The body as it came. */
  get bytes(): Uint8Array {
    return Buffer.from(
      this.raw.body ?? "",
      this.raw.body_encoding === "base64" ? "base64" : "utf8",
    );
  }

  /** The body as text; bytes that are not UTF-8 become U+FFFD. */
  get text(): string {
    if (this.raw.body_encoding !== "base64") return this.raw.body ?? "";
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.bytes);
  }

  /** Milliseconds that the host took. */
  get elapsedMs(): number {
    return this.raw.elapsed_ms ?? 0;
  }

  /** The body as JSON. Throws SyntaxError when it is not JSON. */
  json(): unknown {
    return JSON.parse(this.text);
  }

  /** Itself; throws `HttpStatusError` for a status of 400 or more. */
  orThrow(): this {
    if (this.ok) return this;
    const details = { ...this.raw };
    throw new HttpStatusError(`the server answered ${this.status}`, `http_${this.status}`, details);
  }
}

/**
 * HTTP.
 *
 * @example
 * const answer = await ctx.http.post("https://api.example.com/items", { json: { name: "tea" } });
 * assert.deepEqual(answer.json(), { id: 7 });
 */
export class Http {
  readonly #host: HostCalls;

  constructor(host: HostCalls) {
    this.#host = host;
  }

  /** Any method. */
  async request(
    method: string,
    url: string | URL,
    options: RequestOptions = {},
  ): Promise<HttpResult> {
    const request = toJson("the request", httpRequest(method, String(url), options));
    return new HttpResult(reply<HttpResponse>(await this.#host.httpRequest(request)));
  }

  /** A GET request. */
  get(url: string | URL, options: Omit<RequestOptions, "body" | "json"> = {}): Promise<HttpResult> {
    return this.request("GET", url, options);
  }

  /** A POST request. */
  post(url: string | URL, options: RequestOptions = {}): Promise<HttpResult> {
    return this.request("POST", url, options);
  }
}

function httpRequest(
  method: string,
  url: string,
  options: RequestOptions,
): Record<string, unknown> {
  requireText("the method", method);
  return withoutUndefined({
    method: method.toUpperCase(),
    url: withQuery(url, options.query),
    ...body(options),
    headers: headers(options),
    timeout_ms: options.timeoutMs === undefined ? null : Math.max(1, Math.round(options.timeoutMs)),
    follow_redirects: options.followRedirects === false ? false : null,
  });
}

function withQuery(url: string, query: Query | undefined): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  );
  if (pairs.length === 0) return url;
  const [address = "", ...fragment] = url.split("#");
  const glue = address.includes("?") ? "&" : "?";
  return [`${address}${glue}${new URLSearchParams(pairs)}`, ...fragment].join("#");
}

/** One value that is not a string makes the host ignore all headers, without an error. */
function headers(options: RequestOptions): Record<string, string> | null {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    requireText(`the header "${name}"`, value);
    values[name] = value;
  }
  const typed = Object.keys(values).some((name) => name.toLowerCase() === "content-type");
  if (options.json !== undefined && !typed) values["Content-Type"] = "application/json";
  return Object.keys(values).length > 0 ? values : null;
}

function body({ body, json }: RequestOptions): Record<string, string> {
  if (body !== undefined && json !== undefined) {
    throw new TypeError("pass body or json, not both");
  }
  if (json !== undefined) return { body: toJson("json", json) };
  if (body === undefined) return {};
  if (typeof body === "string") return { body };
  return { body: base64(body), body_encoding: "base64" };
}

/** Bytes as base64 text, without a copy of them. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
