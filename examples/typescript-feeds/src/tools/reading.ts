/** Tools for what the feeds brought. */

import { defineTool } from "osaurus-plugin";
import * as z from "zod";
import { nearness } from "../models";
import { topics } from "../settings";
import { type KeptArticle, Store } from "../store";

const limit = z.int().min(1).max(50);

const latest_articles = defineTool({
  description: "The newest articles of all feeds.",
  permission: "auto",
  input: z.object({
    topic: z.string().optional().describe("One topic alone."),
    limit: limit.default(10).describe("How many articles at most."),
  }),
  run: async ({ topic, limit }, ctx) =>
    (await (await Store.open(ctx)).latest(limit, topic)).map(shown),
});

const find_articles = defineTool({
  description: "Find articles by what they mean, nearest first.",
  permission: "auto",
  input: z.object({
    query: z.string().min(1).describe("What to look for, in your own words."),
    limit: limit.default(5).describe("How many articles at most."),
  }),
  async run({ query, limit }, ctx) {
    const queryVector = await ctx.inference.embed(query);
    const store = await Store.open(ctx);
    const ranked = (await store.meanings()).map((one) => ({
      ...shown(one),
      nearness: nearness(queryVector, one.meaning),
    }));
    ranked.sort((one, other) => other.nearness - one.nearness);
    return ranked
      .slice(0, limit)
      .map((one) => ({ ...one, nearness: Number(one.nearness.toFixed(3)) }));
  },
});

const briefing = defineTool({
  description: "Sum the newest articles up, in the style that the user has set.",
  permission: "auto",
  input: z.object({
    topic: z.string().optional().describe("One topic alone."),
    max_words: z
      .int()
      .min(5)
      .max(500)
      .default(120)
      .describe("Stop the model after this many words."),
  }),
  async run({ topic, max_words }, ctx) {
    const style = await ctx.config.get("style", "plain");
    const articles = await (await Store.open(ctx)).latest(20, topic);
    const list = articles.map(({ title, text }) => `${title}. ${text.slice(0, 300)}`).join("\n\n");
    let text = "";
    let words: string[] = [];
    for await (const chunk of ctx.inference.stream(
      `Summarize the news in a ${style} way:\n\n${list}`,
    )) {
      text += chunk.text;
      words = text.split(/\s+/).filter(Boolean);
      // Leaving the loop stops the model.
      if (words.length >= max_words) break;
    }
    const stopped = words.length >= max_words;
    return {
      briefing: words.slice(0, max_words).join(" "),
      articles: articles.length,
      stopped_early: stopped,
    };
  },
});

const set_topics = defineTool({
  description: "Choose what articles are sorted into; an empty list goes back to the default.",
  permission: "auto",
  input: z.object({
    topics: z
      .array(z.string().regex(/^[^,]+$/))
      .max(20)
      .describe("Names of the topics."),
  }),
  async run({ topics: wanted }, ctx) {
    const before = await topics(ctx);
    if (wanted.length > 0) await ctx.config.set("topics", wanted.join(", "));
    else await ctx.config.delete("topics");
    return { before, now: await topics(ctx) };
  },
});

const about = defineTool({
  description: "Who is asking, which models there are, what is followed.",
  permission: "auto",
  async run(_, ctx) {
    const store = await Store.open(ctx);
    const models = await ctx.inference.models();
    return {
      agent: await ctx.agentId,
      models: models.map(({ id }) => id),
      feeds: (await store.feeds()).length,
      topics: await store.counts(),
    };
  },
});

export const tools = { latest_articles, find_articles, briefing, set_topics, about };

function shown({ id, title, link, feedTitle, topic, published }: KeptArticle): object {
  return { id, title, link, feed: feedTitle, topic, published };
}
