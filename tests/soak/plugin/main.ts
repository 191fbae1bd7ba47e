// The soak's plugin in TypeScript; main.py beside it has the same tools.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { definePlugin, defineRoute, defineTool } from "osaurus-plugin";
import { z } from "zod";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const title = z.string();
const note = z.object({ title, stars: z.int().default(0) });

export default definePlugin({
  name: "Soak",
  tools: {
    note: defineTool({
      description: "Keep a note, with host calls of three kinds.",
      input: note,
      async run(given, ctx) {
        const greeting = await ctx.config.get("greeting");
        await ctx.config.set("last", given.title);
        ctx.log.info(given.title);
        return { ...given, greeting };
      },
    }),
    note_async: defineTool({
      description: "Keep a note with one host call.",
      input: note,
      run: async (given, ctx) => ({ ...given, greeting: await ctx.config.get("greeting") }),
    }),
    refuse: defineTool({
      description: "Fail, with a stack for the host's log.",
      input: z.object({ title }),
      run(given) {
        throw new Error(`no note '${given.title}'`);
      },
    }),
    objects: defineTool({
      description: "How much JavaScript holds on to, and where it runs.",
      run() {
        collect();
        return { heap: process.memoryUsage().heapUsed, pid: process.pid };
      },
    }),
  },
  routes: {
    page: defineRoute({
      path: "/page",
      description: "A page.",
      handle: (request) => `<p>${request.path}</p>`,
    }),
  },
});
