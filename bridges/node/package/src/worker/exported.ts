/** What the main module exports: a plugin, or a sentence that says what was found instead. */

import { Plugin } from "../declare/plugin.js";
import { DeclarationError } from "../errors.js";
import { article, nameOf } from "../json.js";

/** The plugin. Throws DeclarationError. */
export function exported(found: unknown): Plugin {
  // CommonJS that TypeScript made of a module has its default export in a field.
  const inner = (found as { readonly default?: unknown } | null | undefined)?.default;
  const plugin = inner instanceof Plugin ? inner : found;
  if (plugin instanceof Plugin) return plugin;
  throw new DeclarationError(
    `the main module exports ${described(plugin)} as its default, not a plugin; ${advice(plugin)}`,
  );
}

function described(found: unknown): string {
  if (found === undefined || found === null) return found === null ? "null" : "nothing";
  if (found instanceof Promise) return "a promise";
  const name = typeof found === "object" ? nameOf(found) : typeof found;
  return name === "Object" ? "an object" : `${article(name)} ${name}`;
}

function advice(found: unknown): string {
  if (found instanceof Promise) return "write `export default await ...`";
  if (typeof found === "object" && found !== null && nameOf(found) === "Plugin") {
    return "it was made by another copy of osaurus-plugin: `npm ls osaurus-plugin` shows them";
  }
  return "write `export default definePlugin({ ... })`";
}
