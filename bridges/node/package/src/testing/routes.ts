/** Which route answers a request, as the host decides it. */

import type { Plugin } from "../declare/plugin.js";
import type { Method, Route } from "../declare/route.js";

/** The route's id and the values of its `:name` parts. */
export interface Match {
  readonly id: string;
  readonly params: Readonly<Record<string, string>>;
}

/** Exact paths come first, then `:name` routes, then `/*`. */
export function matchRoute(plugin: Plugin, method: string, path: string): Match | undefined {
  const open = [...plugin.routes].filter(([, route]) => route.methods.includes(method as Method));
  const exact = open.find(([, route]) => route.path === path);
  if (exact) return { id: exact[0], params: {} };
  return withParameters(open, path) ?? below(open, path);
}

function withParameters(open: readonly [string, Route][], path: string): Match | undefined {
  const parts = path.split("/");
  for (const [id, route] of open) {
    const segments = route.path.split("/");
    const fits = segments.every((one, at) => one.startsWith(":") || one === parts[at]);
    if (!route.path.includes(":") || segments.length !== parts.length || !fits) continue;
    const pairs = segments.flatMap((one, at) =>
      one.startsWith(":") ? [[one.slice(1), decoded(parts[at] ?? "")]] : [],
    );
    return { id, params: Object.fromEntries(pairs) as Record<string, string> };
  }
  return undefined;
}

/** A percent sign that encodes nothing stays as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function below(open: readonly [string, Route][], path: string): Match | undefined {
  const route = open.find(
    ([, { path: wanted }]) => wanted.endsWith("/*") && `${path}/`.startsWith(wanted.slice(0, -1)),
  );
  return route && { id: route[0], params: {} };
}
