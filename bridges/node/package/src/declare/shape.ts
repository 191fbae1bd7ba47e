/**
 * Whether `definePlugin` got what its types say: authors may write JavaScript, and a build does not
 * check types.
 */

import { isObject, nameOf } from "../json.js";
import { checkKeys } from "./closest.js";
import { misdeclared, SourceLocation } from "./location.js";
import type { Plugin, PluginDefinition } from "./plugin.js";
import type { SecretDefinition, WebDefinition } from "./settings.js";
import { Tool } from "./tool.js";

type Shape = readonly [expected: string, fits: (value: unknown) => boolean];

const TEXT: Shape = ["a string", (value) => typeof value === "string"];
const LIST: Shape = ["an array", Array.isArray];
const OBJECT: Shape = ["an object", isObject];
const FUNCTION: Shape = ["a function", (value) => typeof value === "function"];
const BY_ID: Shape = ["an object whose keys are the ids", isObject];

const SHAPES: Readonly<Record<keyof PluginDefinition, Shape>> = {
  id: TEXT,
  name: TEXT,
  description: TEXT,
  version: TEXT,
  instructions: TEXT,
  authors: LIST,
  license: TEXT,
  minMacos: TEXT,
  minOsaurus: TEXT,
  readme: TEXT,
  changelog: TEXT,
  links: LIST,
  tools: BY_ID,
  include: LIST,
  routes: BY_ID,
  secrets: BY_ID,
  config: LIST,
  configTitle: TEXT,
  web: OBJECT,
  onLoad: FUNCTION,
  onUnload: FUNCTION,
  onConfigChanged: FUNCTION,
  onTaskEvent: FUNCTION,
  onArtifact: FUNCTION,
};

const SECRET: readonly (keyof SecretDefinition)[] = ["label", "description", "url", "required"];
const WEB: readonly (keyof WebDefinition)[] = [
  "staticDir",
  "entry",
  "mount",
  "auth",
  "apiMount",
  "tunnelExposed",
];

/** Throws DeclarationError for a key that there is not, and for a value of another type. */
export function checkShape(plugin: Plugin): void {
  checkKeys(plugin.place, "definePlugin", plugin.definition, Object.keys(SHAPES));
  for (const [key, value] of Object.entries(plugin.definition)) {
    const shape = SHAPES[key as keyof PluginDefinition];
    if (value !== undefined && !shape[1](value))
      throw wrong(plugin, `${key} must be ${shape[0]}, not ${described(value)}`);
  }
  for (const [id, secret] of Object.entries(plugin.definition.secrets ?? {})) {
    if (!isObject(secret) || typeof secret.label !== "string") {
      throw wrong(
        plugin,
        `secrets.${id} must be an object such as { label: "API key" }, not ${described(secret)}`,
      );
    }
    checkKeys(plugin.place, `the secret "${id}"`, secret, SECRET);
  }
  if (plugin.definition.web) checkKeys(plugin.place, "web", plugin.definition.web, WEB);
  for (const [id, tool] of plugin.tools) {
    if (!(tool instanceof Tool))
      throw wrong(
        plugin,
        `tools.${id} must be made with defineTool, ${otherCopy(tool, "Tool") ?? `not ${described(tool)}`}`,
      );
  }
  for (const [id, route] of plugin.routes) {
    const declared = isObject(route) && route.place instanceof SourceLocation;
    if (!declared)
      throw wrong(plugin, `routes.${id} must be made with defineRoute, not ${described(route)}`);
  }
}

/** Two copies of this package do not know each other's classes. */
function otherCopy(value: unknown, name: string): string | undefined {
  if (!isObject(value) || nameOf(value) !== name) return undefined;
  return "and it was, by another copy of osaurus-plugin: `npm ls osaurus-plugin` shows them; keep one";
}

function wrong(plugin: Plugin, message: string): Error {
  return misdeclared(plugin.place, "definePlugin", message);
}

function described(value: unknown): string {
  if (typeof value === "object" && value !== null)
    return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "function" ? "a function" : (JSON.stringify(value) ?? String(value));
}
