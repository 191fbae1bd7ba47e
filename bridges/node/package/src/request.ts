/** The request that a route gets. */

import { HttpError } from "./errors.js";
import type { RouteRequest } from "./generated.js";

/**
 * A request to one of the plugin's routes.
 *
 * @example
 * const add = defineRoute({
 *   path: "/notes",
 *   methods: ["POST"],
 *   auth: "none",
 *   handle: (request) => new Response(request.query["title"], { status: 201 }),
 * });
 * const host = new TestHost(definePlugin({ routes: { add } }));
 * const response = await host.request("POST", "/notes", { query: { title: "tea" } });
 * assert.deepEqual([response.status, response.body], [201, "tea"]);
 */
export class PluginRequest {
  /** The request object of the host. */
  readonly raw: Partial<RouteRequest>;

  constructor(raw: Partial<RouteRequest>) {
    this.raw = raw;
  }

  /** Upper-case. */
  get method(): string {
    return (this.raw.method || "GET").toUpperCase();
  }

  /** Below the plugin's own address, not percent-decoded, without the query. */
  get path(): string {
    return (this.raw.path || "/").split("?")[0] ?? "/";
  }

  /** Values of `:name` parts, percent-decoded. */
  get params(): Readonly<Record<string, string>> {
    return this.raw.path_params ?? {};
  }

  /** Percent-decoded; the last value of a repeated name. */
  get query(): Readonly<Record<string, string>> {
    return this.raw.query ?? {};
  }

  /** By lower-case name. */
  get headers(): Readonly<Record<string, string>> {
    return this.raw.headers ?? {};
  }

  /** The body as bytes. The host repairs bytes that are not UTF-8 before they get here. */
  get bytes(): Uint8Array {
    return Buffer.from(
      this.raw.body ?? "",
      this.raw.body_encoding === "base64" ? "base64" : "utf8",
    );
  }

  /** The body as text. */
  get text(): string {
    if (this.raw.body_encoding !== "base64") return this.raw.body ?? "";
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.bytes);
  }

  /** The body as JSON; any other body ends the route with status 400. */
  json(): unknown {
    try {
      return JSON.parse(this.text);
    } catch (error) {
      throw new HttpError(400, `the request's body is not JSON: ${(error as Error).message}`);
    }
  }

  /** Fields of a urlencoded form. */
  form(): URLSearchParams {
    return new URLSearchParams(this.text);
  }

  /** Id of the route that matched. */
  get routeId(): string {
    return this.raw.route_id ?? "";
  }

  /** Address of the host (of its tunnel, while one is connected). */
  get baseUrl(): string {
    return this.raw.osaurus?.base_url ?? "";
  }

  /** Address of this plugin's routes. */
  get pluginUrl(): string {
    return this.raw.osaurus?.plugin_url ?? "";
  }

  /** Address of the agent; empty when the host does not know it. */
  get agentAddress(): string {
    return this.raw.osaurus?.agent_address ?? "";
  }

  /** The same as the standard's `Request`, for routers such as Hono. */
  toRequest(): Request {
    const query = new URLSearchParams(this.query).toString();
    const url = `${this.pluginUrl || "http://localhost"}${this.path}${query ? `?${query}` : ""}`;
    const bodiless = this.method === "GET" || this.method === "HEAD";
    const body = bodiless ? null : this.bytes;
    return new Request(url, { method: this.method, headers: { ...this.headers }, body });
  }
}
