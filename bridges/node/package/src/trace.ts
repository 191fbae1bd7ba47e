/**
 * Errors as text for the log and for build output, from the author's point of view: their own
 * source lines, without the frames of this package and of Node.
 */

import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Functions of this package that call the author's code are named so; a trace ends at them. */
export const BOUNDARY = "osaurusCallsPlugin";

const HERE = dirname(fileURLToPath(import.meta.url));
/** In a bundle this file's folder is the payload; else it is this package's `dist`. */
const ROOTS = [`${pathToFileURL(HERE).href}/`, `${HERE}/`];
/** Frames of Node itself. */
const FOREIGN = /[ (]node:|\(<anonymous>\)$|at <anonymous>$/;
const PACKAGE =
  /[\\/]osaurus-plugin[\\/](dist|src)[\\/]|[\\/]node[\\/]package[\\/](dist|build|src)[\\/]/;

/** "TypeName: message", with what an error that only wraps others came from. */
export function summary(error: unknown, depth = 3): string {
  const header = headline(error);
  if (!(error instanceof Error) || depth === 0) return header;
  const several =
    error instanceof AggregateError ? (error.errors as unknown[]).slice(0, MAX_REASONS) : [];
  const caused = error.cause === undefined ? "" : summary(error.cause, depth - 1);
  const isSaid = error.cause instanceof Error && header.includes(error.cause.message);
  const cause = caused && !isSaid ? ` (caused by ${caused})` : "";
  return [header + cause, ...several.map((one) => summary(one, depth - 1))].join("; ");
}

const MAX_REASONS = 5;

/** "TypeName: message", or the name alone. */
function headline(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${described(error)}`;
  return error.message ? `${error.name}: ${error.message}` : error.name;
}

function described(value: unknown): string {
  try {
    return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  } catch {
    return String(value);
  }
}

/** `src/main.ts:12:3` of the innermost frame in the author's own code. */
export function authorPlace(error: unknown): string | undefined {
  const frames = authorFrames(error);
  const own = frames.find((frame) => !frame.includes("node_modules")) ?? frames[0];
  return own === undefined ? undefined : /\(?([^\s()]+:\d+:\d+)\)?$/.exec(own)?.[1];
}

/** " at FILE:LINE: TypeName: message" and the author's part of the stack, causes included. */
export function trace(error: unknown): string {
  const place = authorPlace(error);
  return `${place ? ` at ${place}` : ""}: ${headline(error)}${frames(error)}${causes(error, 4)}`;
}

function frames(error: unknown): string {
  return authorFrames(error)
    .map((frame) => `\n${frame}`)
    .join("");
}

function causes(error: unknown, depth: number): string {
  if (!(error instanceof Error) || depth === 0) return "";
  const inner =
    (word: string) =>
    (one: unknown): string =>
      `\n${word} ${headline(one)}${frames(one)}${causes(one, depth - 1)}`;
  const several =
    error instanceof AggregateError ? (error.errors as unknown[]).slice(0, MAX_REASONS) : [];
  return (
    several.map(inner("with")).join("") +
    (error.cause === undefined ? "" : inner("caused by")(error.cause))
  );
}

function authorFrames(error: unknown): string[] {
  const stack = error instanceof Error && typeof error.stack === "string" ? error.stack : "";
  const lines = stack.split("\n").filter((line) => /^\s+at /.test(line));
  const end = lines.findIndex((line) => line.includes(BOUNDARY));
  const inside = end < 0 ? lines : lines.slice(0, end);
  return inside.filter((line) => !FOREIGN.test(line) && !PACKAGE.test(line)).map(local);
}

/** A string with stacks in it, as `console.error(error)` writes, with the author's frames alone. */
export function withAuthorFrames(text: string): string {
  if (!/\n\s+at /.test(text)) return text;
  const isOther = (line: string): boolean =>
    /^\s+at /.test(line) && (FOREIGN.test(line) || PACKAGE.test(line));
  return text
    .split("\n")
    .filter((line) => !isOther(line))
    .map(local)
    .join("\n");
}

/** A frame with the path as the author knows it. */
function local(line: string): string {
  return ROOTS.reduce((text, root) => text.replace(root, ""), line);
}
