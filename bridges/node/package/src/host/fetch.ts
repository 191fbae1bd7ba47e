/** `ctx.fetch`: the standard's `fetch` over the host's guarded client. */

import { HostError } from "../errors.js";
import type { HostCalls } from "../generated.js";
import { Http, type HttpResult, type RequestOptions } from "./http.js";

/** Statuses whose responses must have no body, says the standard. */
const NO_BODY = new Set([101, 103, 204, 205, 304]);

/**
 * As the global `fetch`, with what the host allows: whole bodies instead of streams, no cookies.
 * No answer is a TypeError whose `cause` is the host's error; an aborted `signal` ends the waiting.
 */
export async function hostFetch(
  host: HostCalls,
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Response> {
  const plain = !(input instanceof Request) && isPlain(init.body);
  const request = plain ? undefined : new Request(input, init);
  const signal = init.signal ?? request?.signal;
  signal?.throwIfAborted();
  const url = String(input instanceof Request ? input.url : input);
  const response = send(host, request ?? url, init).catch((error: unknown) => {
    throw networkError(error);
  });
  return respond(await raced(response, signal), url, init.redirect ?? request?.redirect);
}

/** Whether a body needs no reading. */
function isPlain(body: RequestInit["body"]): body is string | null | undefined {
  return body === undefined || body === null || typeof body === "string";
}

async function send(
  host: HostCalls,
  target: string | Request,
  init: RequestInit,
): Promise<HttpResult> {
  const http = new Http(host);
  if (typeof target === "string") {
    const headers = Object.fromEntries(new Headers(init.headers).entries());
    if (typeof init.body === "string") headers["content-type"] ??= "text/plain;charset=UTF-8";
    const body = typeof init.body === "string" ? { body: init.body } : {};
    return http.request(init.method ?? "GET", target, {
      headers,
      ...body,
      ...redirects(init.redirect),
    });
  }
  const headers = Object.fromEntries(target.headers.entries());
  const bytes = target.body ? { body: new Uint8Array(await target.arrayBuffer()) } : {};
  const options = { headers, ...bytes, ...redirects(target.redirect) };
  return http.request(target.method, target.url, options);
}

function redirects(mode: RequestInit["redirect"]): RequestOptions {
  return { followRedirects: mode === undefined || mode === "follow" };
}

/** The host cannot be stopped; its answer is then ignored. */
async function raced<T>(sent: Promise<T>, signal: AbortSignal | undefined | null): Promise<T> {
  if (!signal) return sent;
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  sent.catch(() => {}); // it may fail when nothing waits for it any more
  try {
    return await Promise.race([sent, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function respond(result: HttpResult, url: string, redirect: RequestInit["redirect"]): Response {
  const { status } = result;
  if (redirect === "error" && status >= 300 && status < 400) {
    throw new TypeError(`fetch failed: ${url} answered ${status}, and redirects are errors here`);
  }
  if (status < 200 || status > 599) {
    throw new TypeError(`fetch failed: ${url} answered with the status ${status}`);
  }
  const body = NO_BODY.has(status) ? null : result.bytes;
  const response = new Response(body, { status, headers: { ...result.headers } });
  Object.defineProperty(response, "url", { value: url });
  return response;
}

function networkError(error: unknown): unknown {
  if (!(error instanceof HostError)) return error;
  return new TypeError(`fetch failed: ${error.message}`, { cause: error });
}
