import { definePlugin, defineTool } from "osaurus-plugin";
import * as z from "zod";

const greet = defineTool({
  description: "Greet a person and remember how often.",
  permission: "auto",
  input: z.object({
    name: z.string().describe("Who to greet."),
    excited: z.boolean().default(false).describe("End with an exclamation mark."),
  }),
  async run({ name, excited }, ctx) {
    const times = Number((await ctx.config.get(`greeted ${name}`)) ?? 0) + 1;
    await ctx.config.set(`greeted ${name}`, String(times));
    ctx.log.info("greeted", { name, times });
    return `Hello ${name}${excited ? "!" : "."} (greeting number ${times})`;
  },
});

export default definePlugin({ name: "{{title}}", minOsaurus: "{{min_osaurus}}", tools: { greet } });
