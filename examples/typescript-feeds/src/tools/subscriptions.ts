/** Tools for what is followed. */

import { type Context, defineTool, ToolError, ToolResult } from "osaurus-plugin";
import * as z from "zod";
import { readOpml } from "../parse";
import { subscribe } from "../push";
import { type FollowedFeed, Store } from "../store";
import { update } from "../update";

const feed = z.int().min(1).describe("Id of the feed, from list_feeds.");

const add_feed = defineTool({
  description: "Follow an RSS, Atom or JSON feed.",
  permission: "auto",
  input: z.object({ url: z.url({ protocol: /^https?$/ }).describe("Address of the feed.") }),
  async run({ url }, ctx) {
    const store = await Store.open(ctx);
    const isFollowed = (await store.feeds()).some((feed) => feed.url === url);
    const followed = await store.follow(url);
    try {
      const articles = await update(ctx, store, followed);
      return shown((await store.feed(followed.id)) ?? followed, articles);
    } catch (error) {
      if (!isFollowed) await store.unfollow(followed.id);
      throw error;
    }
  },
});

const import_opml = defineTool({
  description: "Follow all feeds of an OPML file, which other feed readers export.",
  permission: "auto",
  input: z.object({ path: z.string().describe("Where the shared file is.") }),
  async run({ path }, ctx) {
    const file = await ctx.files.read(path);
    const store = await Store.open(ctx);
    const feeds: FollowedFeed[] = [];
    for (const url of addresses(path, file.text)) feeds.push(await store.follow(url));
    ctx.log.info("OPML imported", { path, bytes: file.size, feeds: feeds.length });
    return refreshed(ctx, store, feeds);
  },
});

const list_feeds = defineTool({
  description: "List the feeds that are followed.",
  permission: "auto",
  run: async (_, ctx) => (await (await Store.open(ctx)).feeds()).map((feed) => shown(feed)),
});

const remove_feed = defineTool({
  description: "Stop following a feed and forget its articles.",
  input: z.object({ feed }),
  async run({ feed: id }, ctx) {
    if (!(await (await Store.open(ctx)).unfollow(id))) throw noFeed(id);
    return { removed: id };
  },
});

const refresh_feeds = defineTool({
  description: "Look for new articles in all feeds.",
  permission: "auto",
  async run(_, ctx) {
    const store = await Store.open(ctx);
    return refreshed(ctx, store, await store.feeds());
  },
});

const follow_live = defineTool({
  description: "Ask a feed's hub to send new articles at once (WebSub). Needs the agent's tunnel.",
  permission: "auto",
  input: z.object({ feed }),
  async run({ feed: id }, ctx) {
    const store = await Store.open(ctx);
    const followed = await store.feed(id);
    if (!followed) throw noFeed(id);
    return { hub: followed.hub, sends_to: await subscribe(ctx, store, followed) };
  },
});

export const tools = { add_feed, import_opml, list_feeds, remove_feed, refresh_feeds, follow_live };

/** One site that does not answer must not keep the others from being read. */
async function refreshed(
  ctx: Context,
  store: Store,
  feeds: readonly FollowedFeed[],
): Promise<ToolResult> {
  const warnings: string[] = [];
  let articles = 0;
  for (const one of feeds) {
    try {
      articles += await update(ctx, store, one);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      warnings.push(error.message);
    }
  }
  return new ToolResult({ feeds: feeds.length, new_articles: articles }, warnings);
}

function addresses(path: string, text: string): string[] {
  try {
    return readOpml(text);
  } catch (error) {
    throw new ToolError("invalid_args", `${path} cannot be read: ${(error as Error).message}`, {
      field: "path",
      expected: "an OPML file",
    });
  }
}

function shown({ id, url, title, hub }: FollowedFeed, articles?: number): object {
  return {
    id,
    title,
    url,
    live: hub !== "",
    ...(articles === undefined ? {} : { new_articles: articles }),
  };
}

function noFeed(id: number): ToolError {
  return new ToolError("not_found", `there is no feed ${id}; list_feeds names them`);
}
