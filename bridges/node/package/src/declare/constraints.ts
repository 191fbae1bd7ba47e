/** The checks of a zod string, number or array as keywords of JSON Schema. Used by `zod.ts`. */

import { isPortable } from "./pattern.js";
import type { JsonSchema } from "./standard.js";

/** What a check of zod says of itself. */
export interface Check {
  readonly _zod: { readonly def: { readonly check?: string; readonly [key: string]: unknown } };
}

type Keywords = { [keyword: string]: unknown };

/** Formats of JSON Schema by zod's names, where they differ. */
const FORMATS: Readonly<Record<string, string>> = {
  url: "uri",
  datetime: "date-time",
  guid: "uuid",
};
/** These say nothing of their own: their pattern does. */
const ONLY_PATTERN = ["regex", "includes", "starts_with", "ends_with", "lowercase", "uppercase"];

/**
 * Keywords for checks in their order. What comes after a check that changes the value (`trim`) is
 * left to zod: it speaks of another value than the caller's.
 */
export function constraints(checks: readonly Check[]): JsonSchema {
  const keywords: Keywords = {};
  for (const {
    _zod: { def },
  } of checks) {
    if (def.check === "overwrite") break;
    BY_CHECK[def.check ?? ""]?.(keywords, def);
  }
  return keywords;
}

const BY_CHECK: Readonly<Record<string, (made: Keywords, def: Check["_zod"]["def"]) => void>> = {
  min_length: (made, def) => raise(made, "minLength", def["minimum"]),
  max_length: (made, def) => lower(made, "maxLength", def["maximum"]),
  length_equals(made, def) {
    raise(made, "minLength", def["length"]);
    lower(made, "maxLength", def["length"]);
  },
  greater_than: (made, def) =>
    raise(made, def["inclusive"] ? "minimum" : "exclusiveMinimum", def["value"]),
  less_than: (made, def) =>
    lower(made, def["inclusive"] ? "maximum" : "exclusiveMaximum", def["value"]),
  multiple_of: (made, def) => put(made, "multipleOf", Math.abs(Number(def["value"]))),
  number_format: (made, def) => numberFormat(made, String(def["format"])),
  string_format: (made, def) => stringFormat(made, def),
};

function raise(made: Keywords, keyword: string, value: unknown): void {
  const before = made[keyword];
  if (Number.isFinite(value) && !(typeof before === "number" && before >= Number(value)))
    made[keyword] = value;
}

function lower(made: Keywords, keyword: string, value: unknown): void {
  const before = made[keyword];
  if (Number.isFinite(value) && !(typeof before === "number" && before <= Number(value)))
    made[keyword] = value;
}

/** A second value of a keyword goes into `allOf`. */
function put(made: Keywords, keyword: string, value: unknown): void {
  if (value === 0 || Number.isNaN(value)) return;
  if (made[keyword] === undefined) made[keyword] = value;
  else if (made[keyword] !== value)
    made["allOf"] = [...((made["allOf"] as unknown[]) ?? []), { [keyword]: value }];
}

/** The range of safe integers is not written: the engine refuses what a number cannot hold. */
function numberFormat(made: Keywords, format: string): void {
  if (!format.includes("int")) return;
  made["type"] = "integer";
  if (format === "uint32") {
    raise(made, "minimum", 0);
    lower(made, "maximum", 0xffff_ffff);
  }
  if (format !== "int32") return;
  raise(made, "minimum", -0x8000_0000);
  lower(made, "maximum", 0x7fff_ffff);
}

function stringFormat(made: Keywords, def: Check["_zod"]["def"]): void {
  const format = String(def["format"]);
  const pattern = def["pattern"];
  if (!ONLY_PATTERN.includes(format)) {
    // A format's expression tells a model nothing, and zod's message has the format's name.
    const loose = def["local"] || def["precision"] === -1 || format === "time";
    if (!loose) made["format"] = FORMATS[format] ?? format;
  } else if (pattern instanceof RegExp) {
    addPattern(made, pattern);
  }
}

/** Adds an expression as `pattern`, or in words where other engines would read it otherwise. */
export function addPattern(made: Keywords, pattern: RegExp): void {
  if (isPortable(pattern)) {
    put(made, "pattern", pattern.source);
    return;
  }
  const words = `matches ${String(pattern)}`;
  made["description"] =
    made["description"] === undefined ? words : `${String(made["description"])}, ${words}`;
}
