/**
 * Gets feeds through the host and keeps what is new in them. Used by tools and by the push route.
 */

import { type Context, ToolError } from "osaurus-plugin";
import { sort } from "./models";
import { type Feed, readFeed } from "./parse";
import { credentials } from "./settings";
import type { FollowedFeed, Store } from "./store";

/** Gets a feed if it has changed; answers how many articles are new. */
export async function update(ctx: Context, store: Store, feed: FollowedFeed): Promise<number> {
  const response = await get(ctx, feed);
  if (response.status === 304) return 0;
  if (!response.ok)
    throw new ToolError("unavailable", `${feed.url} answered with status ${response.status}`);
  return receive(ctx, store, feed, await response.text(), response.headers.get("etag"));
}

/** Keeps what is new in a feed's text, from wherever it came. */
export async function receive(
  ctx: Context,
  store: Store,
  feed: FollowedFeed,
  text: string,
  etag: string | null,
): Promise<number> {
  const parsedFeed = parsed(feed.url, text);
  await store.describe(feed.id, { ...parsedFeed, title: parsedFeed.title || feed.url }, etag);
  const fresh = await sort(ctx, await store.unknown(feed.id, parsedFeed.articles));
  for (const article of fresh) await store.keep(feed.id, article);
  ctx.log.info("feed read", {
    feed: parsedFeed.title,
    articles: parsedFeed.articles.length,
    new: fresh.length,
  });
  return fresh.length;
}

async function get(ctx: Context, { url, etag }: FollowedFeed): Promise<Response> {
  const headers = { ...(await credentials(ctx, url)), ...(etag ? { "if-none-match": etag } : {}) };
  try {
    return await ctx.fetch(url, {
      headers,
      signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(20_000)]),
    });
  } catch (error) {
    throw new ToolError("unavailable", `${url}: ${(error as Error).message}`, { cause: error });
  }
}

function parsed(url: string, text: string): Feed {
  try {
    return readFeed(text);
  } catch (error) {
    throw new ToolError("invalid_args", `there is no feed at ${url}: ${(error as Error).message}`, {
      field: "url",
      expected: "the address of an RSS, Atom or JSON feed",
    });
  }
}
