// The author's `files`: paths and globs in the project, and what they match.

import { readdirSync, realpathSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";

const LEFT_OUT = new Set(["node_modules", "dist", ".git"]);

/** Pairs of a path in the project and the file. Throws for a pattern that matches nothing. */
export function* matching(project, patterns) {
  if (patterns.length === 0) return;
  const all = [...below(project)].map((path) => [relative(project, path).split(sep).join("/"), path]);
  for (const pattern of patterns) {
    const clean = pattern.replace(/^\.\//, "").replace(/\/+$/, "");
    const wanted = expression(clean);
    const found = all.filter(([name]) => wanted.test(name));
    if (found.length === 0) throw new Error(`"files" in package.json's "osaurus" section names ${JSON.stringify(pattern)}, and no file is there`);
    yield* found;
  }
}

/** Regular files, each folder once: links may lead in a circle. */
export function* below(folder, seen = new Set()) {
  const real = realpathSync(folder);
  if (seen.has(real)) return;
  seen.add(real);
  for (const name of readdirSync(folder).sort()) {
    if (LEFT_OUT.has(name)) continue;
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) yield* below(path, seen);
    else if (found?.isFile()) yield path;
  }
}

/** A glob as an expression; a folder stands for all that is in it. */
function expression(glob) {
  const parts = glob.split(/(\*\*\/?|\*|\?|\{[^{}]*\})/).map((part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (part.startsWith("{")) return `(?:${part.slice(1, -1).split(",").map(escaped).join("|")})`;
    return escaped(part);
  });
  return new RegExp(`^${parts.join("")}(?:/.*)?$`);
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
