import { definePlugin, defineTool } from "osaurus-plugin";
import * as z from "zod";
// {{web}}
import { greetings } from "./greetings.js";

// {{/web}}

const greet = defineTool({
  description: "Greet a person and remember how often.",
  permission: "auto",
  input: z.object({
    name: z.string().describe("Who to greet."),
    excited: z.boolean().default(false).describe("End with an exclamation mark."),
  }),
  async run({ name, excited }, ctx) {
    await ctx.db.execute(
      "CREATE TABLE IF NOT EXISTS greeted (name TEXT PRIMARY KEY, times INTEGER)",
    );
    await ctx.db.execute(
      "INSERT INTO greeted VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET times = times + 1",
      [name],
    );
    const times = await ctx.db.scalar("SELECT times FROM greeted WHERE name = ?", [name]);
    ctx.log.info("greeted", { name, times });
    return `Hello ${name}${excited ? "!" : "."} (greeting number ${times})`;
  },
});

export default definePlugin({
  name: "{{title}}",
  minOsaurus: "{{min_osaurus}}",
  tools: { greet },
  // {{web}}
  routes: { greetings },
  web: {}, // the folder web, as /plugins/{{id}}/ui
  // {{/web}}
});
