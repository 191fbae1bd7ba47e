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
 * left to zod: it is about another value than the caller's.
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

const BY_CHECK: Readonly<Record<string, (keywords: Keywords, def: Check["_zod"]["def"]) => void>> =
  {
    min_length: (keywords, def) => raise(keywords, "minLength", def["minimum"]),
    max_length: (keywords, def) => lower(keywords, "maxLength", def["maximum"]),
    length_equals(keywords, def) {
      raise(keywords, "minLength", def["length"]);
      lower(keywords, "maxLength", def["length"]);
    },
    greater_than: (keywords, def) =>
      raise(keywords, def["inclusive"] ? "minimum" : "exclusiveMinimum", def["value"]),
    less_than: (keywords, def) =>
      lower(keywords, def["inclusive"] ? "maximum" : "exclusiveMaximum", def["value"]),
    multiple_of: (keywords, def) =>
      addKeyword(keywords, "multipleOf", Math.abs(Number(def["value"]))),
    number_format: (keywords, def) => numberFormat(keywords, String(def["format"])),
    string_format: (keywords, def) => stringFormat(keywords, def),
  };

function raise(keywords: Keywords, keyword: string, value: unknown): void {
  const before = keywords[keyword];
  if (Number.isFinite(value) && !(typeof before === "number" && before >= Number(value)))
    keywords[keyword] = value;
}

function lower(keywords: Keywords, keyword: string, value: unknown): void {
  const before = keywords[keyword];
  if (Number.isFinite(value) && !(typeof before === "number" && before <= Number(value)))
    keywords[keyword] = value;
}

/** A second value of a keyword goes into `allOf`. */
function addKeyword(keywords: Keywords, keyword: string, value: unknown): void {
  if (value === 0 || Number.isNaN(value)) return;
  if (keywords[keyword] === undefined) keywords[keyword] = value;
  else if (keywords[keyword] !== value)
    keywords["allOf"] = [...((keywords["allOf"] as unknown[]) ?? []), { [keyword]: value }];
}

/** The range of safe integers is left out: the engine refuses what a number cannot represent. */
function numberFormat(keywords: Keywords, format: string): void {
  if (!format.includes("int")) return;
  keywords["type"] = "integer";
  if (format === "uint32") {
    raise(keywords, "minimum", 0);
    lower(keywords, "maximum", 0xffff_ffff);
  }
  if (format !== "int32") return;
  raise(keywords, "minimum", -0x8000_0000);
  lower(keywords, "maximum", 0x7fff_ffff);
}

function stringFormat(keywords: Keywords, def: Check["_zod"]["def"]): void {
  const format = String(def["format"]);
  const pattern = def["pattern"];
  if (!ONLY_PATTERN.includes(format)) {
    // A format's expression tells a model nothing, and zod's message has the format's name.
    const loose = def["local"] || def["precision"] === -1 || format === "time";
    if (!loose) keywords["format"] = FORMATS[format] ?? format;
  } else if (pattern instanceof RegExp) {
    addPattern(keywords, pattern);
  }
}

/** Adds an expression as `pattern`, or in words where other engines would read it otherwise. */
export function addPattern(keywords: Keywords, pattern: RegExp): void {
  if (isPortable(pattern)) {
    addKeyword(keywords, "pattern", pattern.source);
    return;
  }
  const words = `matches ${String(pattern)}`;
  keywords["description"] =
    keywords["description"] === undefined ? words : `${String(keywords["description"])}, ${words}`;
}
