import { definePlugin, defineTool } from "osaurus-plugin";
import { z } from "zod";

const greet = defineTool({
  description: "Greet somebody and remember how often.",
  permission: "auto",
  input: z.object({
    name: z.string().describe("Who to greet."),
    excited: z.boolean().default(false).describe("End with an exclamation mark."),
  }),
  async run({ name, excited }, ctx) {
    await ctx.db.execute("CREATE TABLE IF NOT EXISTS greeted (name TEXT PRIMARY KEY, times INTEGER)");
    await ctx.db.execute(
      "INSERT INTO greeted VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET times = times + 1",
      [name],
    );
    const rows = await ctx.db.query("SELECT times FROM greeted WHERE name = ?", [name]);
    const times = rows[0]?.["times"];
    ctx.log.info("greeted", { name, times });
    return `Hello ${name}${excited ? "!" : "."} (greeting number ${times})`;
  },
});

export default definePlugin({ name: "{{title}}", tools: { greet } });
