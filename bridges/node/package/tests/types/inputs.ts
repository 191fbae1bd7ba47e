// What tsc must infer for the arguments of a tool, from each kind of schema. Checked by
// script/check-node, never run.

import { toStandardJsonSchema } from "@valibot/to-json-schema";
import {
  type Context,
  definePlugin,
  defineTool,
  jsonSchema,
  type StandardSchema,
  type Tool,
  ToolResult,
} from "osaurus-plugin";
import * as v from "valibot";
import { z } from "zod";
import { is } from "./equal.js";

type Note = { title: string; stars: number; tags?: string[] | undefined };

const zod = defineTool({
  description: "zod: defaults are filled in, transforms have run.",
  input: z.object({
    title: z.string(),
    stars: z.int().default(0),
    tags: z.array(z.string()).optional(),
    when: z.iso
      .date()
      .transform((text) => new Date(text))
      .optional(),
  }),
  run({ title, stars, tags, when }, ctx) {
    is<string>()(title);
    is<number>()(stars);
    is<string[] | undefined>()(tags);
    is<Date | undefined>()(when);
    is<Context>()(ctx);
    return title.length;
  },
});
is<number | Promise<number>>()(zod.run({ title: "a", stars: 1 }, {} as Context));
// @ts-expect-error: a tool keeps the type of its arguments
zod.run({ title: 1, stars: 1 }, {} as Context);

const union = defineTool({
  description: "zod: a union narrows.",
  input: z.object({
    by: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("id"), id: z.int() }),
      z.object({ kind: z.literal("name"), name: z.string() }),
    ]),
  }),
  run: async ({ by }) => (by.kind === "id" ? by.id : by.name),
});
is<(string | number) | Promise<string | number>>()(
  union.run({ by: { kind: "id", id: 1 } }, {} as Context),
);

const valibot = defineTool({
  description: "Valibot with its converter.",
  input: toStandardJsonSchema(
    v.object({
      title: v.string(),
      stars: v.optional(v.number(), 0),
      tags: v.optional(v.array(v.string())),
    }),
  ),
  run(note) {
    is<Note>()(note);
    return note.tags ?? [];
  },
});

const withParameters = defineTool({
  description: "A schema that gives no JSON Schema, with one beside it.",
  input: v.object({ title: v.string() }),
  parameters: { type: "object", properties: { title: { type: "string" } } },
  run: (input) => is<{ title: string }>()(input),
});

declare const own: StandardSchema<{ text: string }, { words: string[] }>;
const standard = defineTool({
  description: "Anything that follows the standard: the handler gets its output.",
  input: own,
  run: (input) => is<{ words: string[] }>()(input),
});

const typed = defineTool({
  description: "JSON Schema for a type that the author vouches for.",
  input: jsonSchema<{ title: string }>({
    type: "object",
    properties: { title: { type: "string" } },
  }),
  run: (input) => is<{ title: string }>()(input),
});

const plain = defineTool({
  description: "JSON Schema alone says nothing to tsc.",
  input: { type: "object", properties: { title: { type: "string" } } },
  run: (input) => is<Record<string, unknown>>()(input),
});

const none = defineTool({
  description: "No arguments.",
  run: (input) => is<Record<string, never>>()(input),
});

definePlugin({
  name: "All",
  tools: { zod, union, valibot, withParameters, standard, typed, plain, none },
});
is<Tool<{ title: string }, ToolResult>>()(
  defineTool({
    description: "A result with warnings.",
    input: jsonSchema<{ title: string }>({}),
    run: () => new ToolResult(1, ["careful"]),
  }),
);

// @ts-expect-error: a description is needed
defineTool({ run: () => 1 });
// @ts-expect-error: something must run
defineTool({ description: "Nothing." });
// @ts-expect-error: of three policies
defineTool({ description: "Odd.", permission: "maybe", run: () => 1 });
// @ts-expect-error: a string is not a schema
defineTool({ description: "Odd.", input: "object", run: () => 1 });
// @ts-expect-error: milliseconds are a number
defineTool({ description: "Odd.", timeoutMs: "1s", run: () => 1 });
defineTool({
  description: "No such argument.",
  input: z.object({ title: z.string() }),
  // @ts-expect-error: the schema has no `titel`
  run: ({ titel }) => titel,
});
// @ts-expect-error: tools come from defineTool
definePlugin({ tools: { plain: () => 1 } });
// @ts-expect-error: no such member
definePlugin({ nmae: "Typo" });
