/**
 * Stack traces in the author's own lines. Node's `--enable-source-maps` reads a map at every start,
 * which costs a tenth of it; here it is read when the first stack is looked at.
 */

import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** In a bundle this module's file is the bundle, with its map beside it. */
const BUNDLE = import.meta.url;
const FILE = fileURLToPath(BUNDLE);
/** How V8 names the top level of a CommonJS bundle. */
const TOP_LEVEL = /^Object\.<anonymous> \((.*)\)$/;
let map: SourceMap | undefined;

/** Maps the frames of all stacks from now on. */
export function mapStacks(): void {
  Error.prepareStackTrace = (error, sites) => {
    const frames = sites.map((site) => `\n    at ${frame(site)}`);
    return `${Error.prototype.toString.call(error)}${frames.join("")}`;
  };
}

function frame(site: NodeJS.CallSite): string {
  const text = String(site);
  const [file, line, column] = [site.getFileName(), site.getLineNumber(), site.getColumnNumber()];
  // A module is named by its address, a CommonJS bundle by its path.
  if ((file !== BUNDLE && file !== FILE) || line === null || column === null) return text;
  const place = authored(line, column);
  return place ? text.replace(`${file}:${line}:${column}`, place).replace(TOP_LEVEL, "$1") : text;
}

/** `FILE:LINE:COLUMN` of what the bundle has at a place; undefined where the map has nothing. */
function authored(line: number, column: number): string | undefined {
  try {
    map ??= new SourceMap(JSON.parse(readFileSync(`${FILE}.map`, "utf8")));
    const entry = map.findEntry(line - 1, column - 1);
    if (!("originalSource" in entry)) return undefined;
    const source = resolve(dirname(FILE), entry.originalSource);
    return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  } catch {
    return undefined;
  }
}
