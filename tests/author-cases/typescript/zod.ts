// Inputs in zod as authors write them. Each tool answers with what its handler got, as a string where JSON has no such type.
import { definePlugin, defineTool } from "osaurus-plugin";
import * as z from "zod";

const echo = <S extends z.ZodType>(input: S) =>
  defineTool({ description: "Answer what came.", permission: "auto", input, run: (given) => given as never });

interface Tree {
  name: string;
  children?: Tree[] | undefined;
}
const tree: z.ZodType<Tree> = z.object({ name: z.string(), children: z.lazy(() => z.array(tree)).optional() });

const shape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("circle"), radius: z.number().positive() }),
  z.object({ kind: z.literal("square"), size: z.int().default(1) }),
]);

export default definePlugin({
  tools: {
    code: echo(z.object({ code: z.string().regex(/^[a-z]{3}$/i), line: z.string().regex(/^ok$/m).optional() })),
    number: echo(z.object({ n: z.coerce.number().min(1) })),
    string: echo(z.object({ s: z.coerce.string() })),
    flag: echo(z.object({ on: z.coerce.boolean() })),
    day: defineTool({
      description: "Say the year.",
      permission: "auto",
      input: z.object({ at: z.coerce.date() }),
      run: ({ at }) => ({ date: at instanceof Date, year: at.getUTCFullYear() }),
    }),
    large: defineTool({
      description: "Add one.",
      permission: "auto",
      input: z.object({ id: z.coerce.bigint() }),
      run: ({ id }) => ({ next: String(id + 1n) }),
    }),
    plain_number: echo(z.object({ n: z.number(), ids: z.array(z.int()).default([]) })),
    caught: echo(z.object({ mode: z.enum(["fast", "slow"]).catch("slow"), limit: z.int().catch(10) })),
    prepared: echo(z.object({ tags: z.preprocess((it) => (typeof it === "string" ? it.split(",") : it), z.array(z.string())) })),
    trimmed: echo(z.object({ name: z.string().trim().max(5).toUpperCase() })),
    turned: echo(z.object({ n: z.string().transform((it) => it.length) })),
    shape: echo(z.object({ shape })),
    either: echo(z.object({ to: z.union([z.int(), z.email(), z.array(z.string())]) })),
    strict: echo(z.object({ who: z.strictObject({ name: z.string() }), more: z.object({ a: z.int().optional() }).optional() })),
    loose: echo(z.object({ who: z.looseObject({ name: z.string() }) })),
    nullable: echo(z.object({ a: z.string().nullable(), b: z.enum(["x", "y"]).nullish(), c: z.object({ d: z.int().nullable() }).nullable() })),
    defaults: echo(z.object({ a: z.int().default(3), b: z.string().prefault("  p ").pipe(z.string().trim()), c: z.array(z.string()).default(["x"]) })),
    mail: echo(z.object({ to: z.email(), id: z.uuid().optional(), site: z.url().optional(), when: z.iso.datetime().optional() })),
    tree: echo(z.object({ tree })),
    both: echo(z.object({ it: z.object({ a: z.string() }).and(z.object({ b: z.int() })) })),
    record: echo(z.object({ scores: z.record(z.string().regex(/^[a-z]+$/i), z.number()), sides: z.record(z.enum(["l", "r"]), z.int()) })),
    pair: echo(z.object({ pair: z.tuple([z.string(), z.int()]).rest(z.boolean()) })),
    refined: echo(z.object({ from: z.int(), to: z.int() }).refine(({ from, to }) => from < to, { path: ["to"], message: "must be above from" })),
    told: echo(z.object({ who: z.string().describe("Whom to greet"), code: z.string().regex(/^[a-z]+$/i).describe("A code") })),
    none: echo(z.object({})),
  },
});
