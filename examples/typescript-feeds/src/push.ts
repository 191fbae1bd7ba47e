/**
 * WebSub: a hub sends new articles as soon as there are any. Hubs are strangers, so each message is
 * signed with a secret that only the hub and this plugin know. https://www.w3.org/TR/websub/
 */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Context, HttpError, type PluginRequest, ToolError } from "osaurus-plugin";
import { publicAddress } from "./settings";
import type { FollowedFeed, Store } from "./store";

/** Asks a feed's hub for its messages; answers where they will be sent to. */
export async function subscribe(ctx: Context, store: Store, feed: FollowedFeed): Promise<string> {
  if (!feed.hub)
    throw new ToolError(
      "rejected",
      `${feed.title} names no hub; refresh_feeds finds its new articles`,
    );
  const address = await publicAddress(ctx);
  if (!address)
    throw new ToolError(
      "unavailable",
      "hubs cannot reach this agent: turn its tunnel on in Osaurus",
    );
  const callback = `${address}/push/${feed.id}`;
  const secret = randomBytes(32).toString("hex");
  await store.expectPushes(feed.id, secret);
  const answer = await ctx.http.post(feed.hub, {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: String(
      new URLSearchParams({
        "hub.mode": "subscribe",
        "hub.topic": feed.url,
        "hub.callback": callback,
        "hub.secret": secret,
      }),
    ),
  });
  if (!answer.ok)
    throw new ToolError("unavailable", `the hub ${feed.hub} answered with status ${answer.status}`);
  return callback;
}

/** The hub asks whether the subscription is ours: the answer to send back. */
export function confirm(feed: FollowedFeed | undefined, query: PluginRequest["query"]): string {
  const confirmed =
    feed?.secret && query["hub.topic"] === feed.url && query["hub.mode"] === "subscribe";
  if (!confirmed) throw new HttpError(404, "this feed is not subscribed");
  return query["hub.challenge"] ?? "";
}

/** The feed whose hub signed this message. */
export function signedFor(feed: FollowedFeed | undefined, request: PluginRequest): FollowedFeed {
  if (!feed?.secret) throw new HttpError(404, "this feed is not subscribed");
  const [method = "", signature = ""] = (request.headers["x-hub-signature"] ?? "").split("=");
  if (!["sha256", "sha384", "sha512"].includes(method))
    throw new HttpError(403, "the message is not signed");
  const right = createHmac(method, feed.secret).update(request.bytes).digest();
  const received = Buffer.from(signature, "hex");
  if (received.length === right.length && timingSafeEqual(received, right)) return feed;
  throw new HttpError(403, "the signature is wrong");
}
