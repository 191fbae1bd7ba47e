/** `defineTool`: a function that models can call. */

import type { Context } from "../context.js";
import type { ManifestTool, PermissionPolicy } from "../generated.js";
import { checkKeys } from "./closest.js";
import { misdeclared, requireFunction, requireObject, SourceLocation } from "./location.js";
import {
  type Input,
  type InputOf,
  type InputSchema,
  type JsonSchema,
  readInput,
} from "./schema.js";

/** A tool as its author writes it. */
export interface ToolDefinition<S extends InputSchema, Result> {
  /** When to use it and what it gives, for the model. */
  readonly description: string;
  /** Its arguments: a schema of zod or another library, or JSON Schema. None if left out. */
  readonly input?: S;
  /** JSON Schema for the model, where it should not be made from `input`. */
  readonly parameters?: JsonSchema;
  /** Whether the user is asked: "auto" (never), "ask" (the default) or "deny". */
  readonly permission?: PermissionPolicy;
  /** System permissions such as "calendar"; see the host's list. */
  readonly requirements?: readonly string[];
  /** Milliseconds until the call is given up (the host itself waits 120 seconds). */
  readonly timeoutMs?: number;
  /** Runs it. Answers text, JSON, or a `ToolResult`; throws a `ToolError` for a failure. */
  run(input: InputOf<S>, ctx: Context): Result | Promise<Result>;
}

/**
 * A result with warnings that the model reads.
 *
 * @example
 * const search = defineTool({
 *   description: "Search the notes.",
 *   run: () => new ToolResult(["milk"], ["only the first page was searched"]),
 * });
 * const envelope = await new TestHost(definePlugin({ tools: { search } })).envelope("search");
 * assert.deepEqual(envelope["warnings"], ["only the first page was searched"]);
 */
export class ToolResult {
  readonly value: unknown;
  readonly warnings: readonly string[];

  constructor(value: unknown, warnings: readonly string[] = []) {
    this.value = value;
    this.warnings = warnings;
  }
}

/** A declared tool. Its id is its key in `definePlugin({ tools })`. */
export class Tool<Arguments = never, Result = unknown> {
  readonly description: string;
  readonly permission: PermissionPolicy;
  readonly requirements: readonly string[];
  readonly timeoutMs: number | undefined;
  readonly run: (input: Arguments, ctx: Context) => Result | Promise<Result>;
  readonly place = new SourceLocation();
  readonly #input: InputSchema | undefined;
  readonly #parameters: JsonSchema | undefined;
  #read: Input | undefined;

  constructor(definition: ToolDefinition<InputSchema, Result>) {
    checkDefinition(this.place, definition);
    this.description = definition.description;
    this.permission = definition.permission ?? "ask";
    this.requirements = definition.requirements ?? [];
    this.timeoutMs = definition.timeoutMs;
    this.run = definition.run.bind(definition) as typeof this.run;
    this.#input = definition.input;
    this.#parameters = definition.parameters;
  }

  /** The input, worked out at the first use: a worker needs the JSON Schema of no tool. */
  input(id: string): Input {
    return (this.#read ??= readInput(`tool "${id}"`, this.place, this.#input, this.#parameters));
  }

  /** The library's check alone. */
  get check(): Input["check"] {
    const schema = this.#input;
    if (schema === undefined || !("~standard" in schema)) return undefined;
    return (schema as { "~standard": { validate: Input["check"] } })["~standard"].validate;
  }
}

const KEYS: readonly (keyof ToolDefinition<InputSchema, unknown>)[] = [
  "description",
  "input",
  "parameters",
  "permission",
  "requirements",
  "timeoutMs",
  "run",
];

/** Authors may write JavaScript, and a build does not check types. */
function checkDefinition(
  place: SourceLocation,
  definition: ToolDefinition<InputSchema, unknown>,
): void {
  requireObject(place, "defineTool", definition, "{ description: ..., run: ... }");
  checkKeys(place, "defineTool", definition, KEYS);
  requireFunction(place, "defineTool", "run", definition.run);
  const { requirements = [] } = definition;
  if (!Array.isArray(requirements) || !requirements.every((one) => typeof one === "string")) {
    throw misdeclared(
      place,
      "defineTool",
      `requirements must be an array of strings, not ${JSON.stringify(requirements)}`,
    );
  }
}

/**
 * Declares a tool. The types of `run`'s arguments come from `input`.
 *
 * @example
 * const add = defineTool({
 *   description: "Add two numbers.",
 *   input: z.object({ a: z.number(), b: z.number().default(1) }),
 *   permission: "auto",
 *   run: ({ a, b }) => ({ sum: a + b }),
 * });
 * const host = new TestHost(definePlugin({ tools: { add } }));
 * assert.deepEqual(await host.call("add", { a: 2 }), { sum: 3 });
 */
export function defineTool<const S extends InputSchema = Record<string, never>, Result = unknown>(
  definition: ToolDefinition<S, Result>,
): Tool<InputOf<S>, Result> {
  return new Tool(definition as unknown as ToolDefinition<InputSchema, Result>);
}

const PERMISSIONS: readonly unknown[] = ["auto", "ask", "deny"];

/** A tool as the manifest has it. Throws DeclarationError. */
export function toolManifest(id: string, tool: Tool): ManifestTool {
  const fail = (message: string): Error => misdeclared(tool.place, `tool "${id}"`, message);
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) {
    throw fail(
      "its id must be 1 to 64 of the characters A-Z a-z 0-9 _ -, or models cannot call it",
    );
  }
  if (typeof tool.description !== "string" || !tool.description.trim()) {
    throw fail("the model needs to know what it is for: write a description");
  }
  if (!PERMISSIONS.includes(tool.permission)) {
    throw fail(`permission: "${tool.permission}" is not one of "auto", "ask", "deny"`);
  }
  checkTimeout(tool.timeoutMs, fail);
  return {
    id,
    description: tool.description.trim(),
    parameters: tool.input(id).parameters,
    requirements: tool.requirements,
    permission_policy: tool.permission,
  };
}

/** Throws unless a timeout is a time. */
export function checkTimeout(ms: number | undefined, fail: (message: string) => Error): void {
  if (ms !== undefined && !(Number.isFinite(ms) && ms > 0)) {
    throw fail(`timeoutMs: ${ms} must be a number of milliseconds above 0`);
  }
}
