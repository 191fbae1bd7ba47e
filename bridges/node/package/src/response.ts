/** What a route returned, as the host reads it. */

import type { RouteResponse } from "./generated.js";
import { base64 } from "./host/http.js";
import { toJson } from "./json.js";

type Body = Pick<RouteResponse, "body" | "body_encoding">;

/** The response object for a handler's return value. Throws TypeError for what cannot be one. */
export async function routeAnswer(returned: unknown, mediaType?: string): Promise<RouteResponse> {
  if (returned instanceof Response) return fromResponse(returned, mediaType);
  const [body, guessed] = plainBody(returned);
  const kind = mediaType ?? guessed;
  return { status: 200, headers: kind ? { "content-type": kind } : {}, ...body };
}

/** The error body that the host's own errors have. */
export function errorAnswer(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): RouteResponse {
  const body = JSON.stringify({ error: { message } });
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}

async function fromResponse(response: Response, mediaType?: string): Promise<RouteResponse> {
  const headers = Object.fromEntries(response.headers.entries());
  if (mediaType) headers["content-type"] ??= mediaType;
  return {
    status: response.status,
    headers,
    ...encoded(new Uint8Array(await response.arrayBuffer())),
  };
}

function plainBody(value: unknown): [Body, string | undefined] {
  if (value === undefined || value === null || value === "") return [{ body: "" }, undefined];
  if (typeof value === "string") {
    const page = value.trimStart().startsWith("<");
    return [{ body: value }, `text/${page ? "html" : "plain"}; charset=utf-8`];
  }
  if (value instanceof Uint8Array) {
    return [{ body: base64(value), body_encoding: "base64" }, "application/octet-stream"];
  }
  return [{ body: toJson("the route's answer", value) }, "application/json"];
}

/** Bytes that are UTF-8 travel as text. */
function encoded(bytes: Uint8Array): Body {
  try {
    return { body: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { body: base64(bytes), body_encoding: "base64" };
  }
}
