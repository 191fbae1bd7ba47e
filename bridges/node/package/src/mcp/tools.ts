/**
 * MCP tools as the plugin's: ids that models can call, schemas in the host's form, permissions from
 * annotations.
 */

import type { Context } from "../context.js";
import type { Input, JsonSchema } from "../declare/schema.js";
import { Tool } from "../declare/tool.js";
import type { JsonObject } from "../errors.js";
import type { PermissionPolicy } from "../generated.js";
import { isObject } from "../json.js";
import { parameters } from "./parameters.js";

/** What an author changes of a tool. */
export interface ToolOverride {
  readonly id?: string;
  readonly description?: string;
  readonly permission?: PermissionPolicy;
  readonly requirements?: readonly string[];
  readonly timeoutMs?: number;
}

/** The keys of an override. */
export const OVERRIDES: readonly (keyof ToolOverride)[] = [
  "id",
  "description",
  "permission",
  "requirements",
  "timeoutMs",
];
const MAX_ID = 64;
const NAMED_RESOURCES = 20;
const SHOWN_LINE = 160;

/**
 * A tool that a server runs. In a worker nothing is known but its id: the manifest has the rest.
 */
export class IncludedTool extends Tool {
  readonly #schema: JsonSchema;

  constructor(
    run: (input: JsonObject, ctx: Context) => Promise<unknown>,
    about: ToolOverride & { readonly parameters?: JsonSchema } = {},
  ) {
    const { id: _, parameters: schema, description = "of an MCP server", ...rest } = about;
    super({ description, ...rest, run: run as never });
    this.#schema = schema ?? {};
  }

  override input(): Input {
    return { parameters: this.#schema };
  }
}

/** The id of a tool: the server's name for it, in the characters that models can use. */
export function toolId(name: string, prefix: string | undefined): string {
  const whole = prefix === undefined ? name : `${prefix}_${name}`;
  return whole.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, MAX_ID);
}

/** The id, with a number where another tool of the server has it: `a.b` and `a/b` differ. */
export function freeId(id: string, taken: { has(id: string): boolean }): string {
  let free = id;
  for (let number = 2; taken.has(free); number += 1)
    free = `${id.slice(0, MAX_ID - 1 - String(number).length)}_${number}`;
  return free;
}

/** What the manifest says of a tool. */
export function about(
  tool: JsonObject,
  override: ToolOverride,
): ToolOverride & { readonly parameters: JsonSchema } {
  const hints = isObject(tool["annotations"]) ? tool["annotations"] : {};
  const named = tool["description"] || tool["title"] || hints["title"] || tool["name"];
  return {
    description: described(String(named)),
    parameters: parameters(isObject(tool["inputSchema"]) ? tool["inputSchema"] : {}),
    permission: permission(hints),
    requirements: hints["openWorldHint"] === true ? ["network"] : [],
    ...override,
  };
}

/** The host shows the first line of a description: one sentence of it, where that is long. */
export function described(text: string): string {
  const [line = "", ...rest] = text.trim().split("\n");
  const end = line.slice(0, SHOWN_LINE + 1).lastIndexOf(". ");
  if (line.length <= SHOWN_LINE || end < 0) return text.trim();
  return [line.slice(0, end + 1), line.slice(end + 2), ...rest].join("\n");
}

/**
 * Only what says that it changes nothing, and not that it reaches the world outside, runs unasked.
 */
function permission(hints: JsonObject): PermissionPolicy {
  const isSafe = hints["readOnlyHint"] === true && hints["destructiveHint"] !== true;
  return isSafe && hints["openWorldHint"] !== true ? "auto" : "ask";
}

/** A tool that reads the server's resources, as if the server had it. */
export function reading(
  resources: readonly JsonObject[],
  templates: readonly JsonObject[],
): JsonObject {
  const named = [...resources.slice(0, NAMED_RESOURCES), ...templates.slice(0, NAMED_RESOURCES)];
  const list = named.map(
    (one) => `${String(one["uri"] ?? one["uriTemplate"])} (${String(one["name"])})`,
  );
  return {
    name: "read_resource",
    description: `Read a resource by its URI. There are: ${list.join(", ")}.`,
    inputSchema: { properties: { uri: { type: "string" } }, required: ["uri"] },
    annotations: { readOnlyHint: true },
  };
}

/** A tool that gives the server's prompts. */
export function prompting(prompts: readonly JsonObject[]): JsonObject {
  const lines = prompts.map((one) => {
    const names = Array.isArray(one["arguments"]) ? one["arguments"].filter(isObject) : [];
    const list = names.map(({ name }) => String(name)).join(", ");
    return `${String(one["name"])}${list ? `(${list})` : ""}: ${String(one["description"] ?? "")}`;
  });
  return {
    name: "get_prompt",
    description: `Get the text of a prepared prompt. ${lines.join("; ")}`,
    inputSchema: {
      properties: {
        name: { type: "string", enum: prompts.map(({ name }) => name) },
        arguments: { type: "object", additionalProperties: { type: "string" } },
      },
      required: ["name"],
    },
    annotations: { readOnlyHint: true },
  };
}
