/** What the plugin serves: its page, the same as JSON, and the address for hubs. */

import { defineRoute } from "osaurus-plugin";
import { render } from "./page";
import { confirm, signedFor } from "./push";
import { Store } from "./store";
import { receive } from "./update";

const page = defineRoute({
  path: "/",
  auth: "none",
  description: "The newest articles, to read in a browser.",
  async handle({ query }, ctx) {
    const store = await Store.open(ctx);
    const { topic, osr_agent: agent } = query;
    const articles = await store.latest(60, topic || undefined);
    const [feeds, counts, digest] = [
      await store.feeds(),
      await store.counts(),
      await store.digest(),
    ];
    return render({ articles, feeds, counts, digest, topic, agent });
  },
});

const articles = defineRoute({
  path: "/articles",
  description: "The newest articles as JSON, for programs of the user's own.",
  async handle({ query }, ctx) {
    const limit = Math.min(Math.max(Number(query["limit"]) || 20, 1), 200);
    return (await Store.open(ctx)).latest(limit, query["topic"]);
  },
});

const push = defineRoute({
  path: "/push/:feed",
  methods: ["GET", "POST"],
  auth: "verify",
  tunnelExposed: true,
  description: "Hubs ask whether they are wanted (GET) and send new articles (POST).",
  async handle(request, ctx) {
    const store = await Store.open(ctx);
    const feed = await store.feed(Number(request.params["feed"]));
    if (request.method === "GET") return confirm(feed, request.query);
    await receive(ctx, store, signedFor(feed, request), request.text, null);
    return new Response(null, { status: 202 });
  },
});

export const routes = { page, articles, push };
