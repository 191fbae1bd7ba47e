/**
 * Finds the key that was meant where one is misspelled. Used by every check of a declaration.
 */

import { misdeclared, type SourceLocation } from "./location.js";

/** What other kits call the same. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  handler: ["run", "handle"],
  execute: ["run", "handle"],
  callback: ["run", "handle"],
  inputSchema: ["input"],
  schema: ["input"],
  timeout: ["timeoutMs"],
};

/**
 * The known name that is a slip or two away, or that other kits have another word for; undefined
 * when none is.
 */
export function closest(name: string, known: readonly string[]): string | undefined {
  const other = Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name] : undefined;
  const suggestion = other?.find((one) => known.includes(one));
  if (suggestion !== undefined) return suggestion;
  const limit = name.length > 4 ? 2 : 1;
  const measured = known.map(
    (one) => [distance(name.toLowerCase(), one.toLowerCase()), one] as const,
  );
  const [best] = measured.sort(([one], [other]) => one - other);
  return best && best[0] <= limit ? best[1] : undefined;
}

/** ` (did you mean "permission"?)`, or nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const suggestion = closest(name, known);
  return suggestion === undefined ? "" : ` (did you mean "${suggestion}"?)`;
}

/** Throws DeclarationError for a key that is not known. */
export function checkKeys(
  place: SourceLocation,
  what: string,
  given: object,
  known: readonly string[],
): void {
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const hint = didYouMean(unknown, known);
  throw misdeclared(place, what, `"${unknown}" is none of its keys${hint}: ${known.join(", ")}`);
}

/** How many letters must be changed, added, removed or swapped with the next one. */
function distance(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      next[j] = Math.min(
        cell(row, j) + 1,
        cell(next, j - 1) + 1,
        cell(row, j - 1) + (same ? 0 : 1),
      );
      if (swapped) next[j] = Math.min(cell(next, j), cell(before, j - 2) + 1);
    }
    [before, row] = [row, next];
  }
  return cell(row, other.length);
}

function cell(row: readonly number[], at: number): number {
  return row[at] ?? Infinity;
}
