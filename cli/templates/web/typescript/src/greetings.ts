import { defineRoute } from "osaurus-plugin";

/** Who was greeted how often, for the page. */
export const greetings = defineRoute({
  path: "/api/greetings",
  async handle(_, ctx) {
    await ctx.db.execute(
      "CREATE TABLE IF NOT EXISTS greeted (name TEXT PRIMARY KEY, times INTEGER)",
    );
    return ctx.db.query("SELECT name, times FROM greeted ORDER BY times DESC, name");
  },
});
