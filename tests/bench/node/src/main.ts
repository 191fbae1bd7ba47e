// The bench's tools as a TypeScript plugin.
import { definePlugin, defineTool } from "osaurus-plugin";
import * as z from "zod";

const note = z.object({ title: z.string(), body: z.string(), stars: z.int().default(0) });

export default definePlugin({
  name: "Bench",
  tools: {
    echo: defineTool({
      description: "Echo a note.",
      input: note,
      run: ({ title, body }) => ({ title, words: body.split(/\s+/).length }),
    }),
    long_echo: defineTool({
      description: "Echo a long text.",
      input: z.object({ text: z.string() }),
      run: ({ text }) => ({ text }),
    }),
    long_length: defineTool({
      description: "Measure a long text.",
      input: z.object({ text: z.string() }),
      run: ({ text }) => ({ length: text.length }),
    }),
    host_calls: defineTool({
      description: "Make awaited host calls in a row.",
      input: z.object({ count: z.int() }),
      async run({ count }, ctx) {
        for (let call = 0; call < count; call++) await ctx.config.get("key");
        return {};
      },
    }),
    memory: defineTool({ description: "Which process.", run: () => ({ pid: process.pid }) }),
  },
});
