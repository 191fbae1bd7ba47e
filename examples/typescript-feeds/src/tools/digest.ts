/** The digest that an agent writes in the background. Its end arrives in `events.ts`. */

import { defineTool } from "osaurus-plugin";
import * as z from "zod";

const plan_digest = defineTool({
  description:
    "Let an agent look for new articles and write a digest in the background, every night for example.",
  permission: "auto",
  async run(_, ctx) {
    const task = await ctx.tasks.dispatch(
      "Call refresh_feeds, then latest_articles, then write a digest of what is new.",
      { title: "Nightly digest", tools: ["refresh_feeds", "latest_articles", "find_articles"] },
    );
    await ctx.tasks.sendDraft(task, "Reading your feeds ...");
    return { task: task.id, active: (await ctx.tasks.list()).map(({ id }) => id) };
  },
});

const digest_status = defineTool({
  description: "How a digest stands.",
  permission: "auto",
  input: z.object({
    task: z.string().describe("Id that plan_digest gave."),
    stop: z.boolean().default(false).describe("End it now."),
  }),
  async run({ task, stop }, ctx) {
    if (stop) {
      await ctx.tasks.interrupt(task, "That is enough.");
      await ctx.tasks.cancel(task);
    }
    const { status, currentStep } = await ctx.tasks.status(task);
    return { status, step: currentStep };
  },
});

export const tools = { plan_digest, digest_status };
