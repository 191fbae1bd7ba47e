/** `defineRoute`: a function that answers requests under the plugin's address. */

import type { Context } from "../context.js";
import type { ManifestRoute, RouteAuth } from "../generated.js";
import type { PluginRequest } from "../request.js";
import { checkKeys } from "./closest.js";
import { misdeclared, requireFunction, requireObject, SourceLocation } from "./location.js";
import { checkTimeout } from "./tool.js";

/** Methods that the host routes. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS";

/** A route as its author writes it. */
export interface RouteDefinition {
  /** Below the plugin's address: `/items/:id`, or `/files/*` for all below. */
  readonly path: string;
  /** GET if left out. */
  readonly methods?: readonly Method[];
  /** "owner" (needs an access key, the default), "verify" (checked by you) or "none". */
  readonly auth?: RouteAuth;
  readonly description?: string;
  /** Whether requests from outside the machine may reach it. */
  readonly tunnelExposed?: boolean;
  /** Content type, where it should not be guessed from what is returned. */
  readonly mediaType?: string;
  /** Milliseconds until the call is given up (the host itself waits 30 seconds). */
  readonly timeoutMs?: number;
  /** Answers a `Response`, text, bytes, or anything that is JSON; throws an `HttpError`. */
  handle(request: PluginRequest, ctx: Context): unknown;
}

/** A declared route. Its id is its key in `definePlugin({ routes })`. */
export interface Route
  extends Required<Omit<RouteDefinition, Optional>>,
    Pick<RouteDefinition, Optional> {
  readonly place: SourceLocation;
}

type Optional = "description" | "mediaType" | "timeoutMs";

const KEYS: readonly (keyof RouteDefinition)[] = [
  "path",
  "methods",
  "auth",
  "description",
  "tunnelExposed",
  "mediaType",
  "timeoutMs",
  "handle",
];

/**
 * Declares a route.
 *
 * @example
 * const plugin = definePlugin({
 *   routes: {
 *     item: defineRoute({
 *       path: "/items/:id",
 *       auth: "none",
 *       handle: (request) => ({ id: request.params["id"] }),
 *     }),
 *   },
 * });
 * const response = await new TestHost(plugin).request("GET", "/items/7");
 * assert.equal(response.body, '{"id":"7"}');
 */
export function defineRoute(definition: RouteDefinition): Route {
  const place = new SourceLocation();
  requireObject(place, "defineRoute", definition, "{ path: ..., handle: ... }");
  checkKeys(place, "defineRoute", definition, KEYS);
  requireFunction(place, "defineRoute", "handle", definition.handle);
  return {
    methods: ["GET"],
    auth: "owner",
    tunnelExposed: false,
    ...definition,
    handle: definition.handle.bind(definition),
    place,
  };
}

const METHODS: readonly string[] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
const AUTH: readonly unknown[] = ["none", "verify", "owner"];

/** A route as the manifest has it. Throws DeclarationError. */
export function routeManifest(id: string, route: Route): ManifestRoute {
  const fail = (message: string): Error => misdeclared(route.place, `route "${id}"`, message);
  if (!id.trim()) throw fail("its id is empty");
  if (!AUTH.includes(route.auth)) {
    throw fail(`auth: "${route.auth}" is not one of "none", "verify", "owner"`);
  }
  checkMethods(route.methods, fail);
  checkPath(route.path, fail);
  checkTimeout(route.timeoutMs, fail);
  return {
    id,
    path: route.path,
    methods: route.methods.map((method) => method.toUpperCase()),
    auth: route.auth,
    ...(route.description ? { description: route.description } : {}),
    ...(route.tunnelExposed ? { tunnel_exposed: true } : {}),
  };
}

type Fail = (message: string) => Error;

function checkMethods(methods: readonly unknown[], fail: Fail): void {
  if (!Array.isArray(methods) || methods.length === 0) {
    throw fail(`methods must be an array such as ["GET"], not ${JSON.stringify(methods)}`);
  }
  for (const method of methods) {
    if (!METHODS.includes(String(method).toUpperCase())) {
      throw fail(`${JSON.stringify(method)} is not an HTTP method (of ${METHODS.join(", ")})`);
    }
  }
}

/** What the host would not match. */
function checkPath(path: string, fail: Fail): void {
  const names = path.split("/").flatMap((part) => (part.startsWith(":") ? [part.slice(1)] : []));
  if (!path.startsWith("/")) throw fail(`the path "${path}" must begin with "/"`);
  if (/[{<]/.test(path)) throw fail(`write the parameters of "${path}" as ":name"`);
  if (/[?#]|\.\./.test(path)) throw fail(`the path "${path}" must not hold "?", "#" or ".."`);
  if (names.includes("")) throw fail(`the path "${path}" has a ":" without a name`);
  if (new Set(names).size !== names.length) throw fail(`the path "${path}" has a parameter twice`);
  if (names.length > 0 && path.endsWith("/*")) {
    throw fail(`the host takes ":name" literally in a path that ends with "/*": "${path}"`);
  }
}
