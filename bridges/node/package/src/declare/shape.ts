/** Whether `definePlugin` got what its types say: authors may write JavaScript, and a build does not check types. */

import { isObject } from "../json.js";
import { misdeclared, Place } from "./place.js";
import type { Plugin, PluginDefinition } from "./plugin.js";
import { Tool } from "./tool.js";

type Shape = readonly [expected: string, fits: (value: unknown) => boolean];

const TEXT: Shape = ["text", (value) => typeof value === "string"];
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

/** Throws DeclarationError for a key that there is not, and for a value of another type. */
export function checkShape(plugin: Plugin): void {
  for (const [key, value] of Object.entries(plugin.definition)) {
    const shape = Object.hasOwn(SHAPES, key) ? SHAPES[key as keyof PluginDefinition] : undefined;
    if (!shape) throw wrong(plugin, `"${key}" is none of its keys: ${Object.keys(SHAPES).join(", ")}`);
    if (value !== undefined && !shape[1](value)) throw wrong(plugin, `${key} must be ${shape[0]}, not ${shown(value)}`);
  }
  for (const [id, tool] of plugin.tools) {
    if (!(tool instanceof Tool)) throw wrong(plugin, `tools.${id} must be made with defineTool, not ${shown(tool)}`);
  }
  for (const [id, route] of plugin.routes) {
    const made = isObject(route) && route.place instanceof Place;
    if (!made) throw wrong(plugin, `routes.${id} must be made with defineRoute, not ${shown(route)}`);
  }
}

function wrong(plugin: Plugin, message: string): Error {
  return misdeclared(plugin.place, "definePlugin", message);
}

function shown(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "function" ? "a function" : (JSON.stringify(value) ?? String(value));
}
