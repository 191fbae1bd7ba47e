/**
 * Which regular expressions mean the same to JavaScript, to the host and to the validator in the
 * library. The others are left to the schema library, which checks the value anyway.
 */

/**
 * Whether `pattern` in JSON Schema says what the expression says. Cautious: false where it is not
 * certain.
 */
export function isPortable({ source, flags }: RegExp): boolean {
  const unicode = /[uv]/.test(flags);
  // Without the flag u, what is beyond the first plane is two characters to JavaScript and one to
  // others.
  if (!unicode && /[^\0-\uffff]/u.test(source)) return false;
  if (/\\u[dD][89a-fA-F]/.test(source)) return false;
  if (flags.includes("v") || changed(source, flags)) return false;
  return parts(source, unicode);
}

/** Whether a flag changes what the source matches. */
function changed(source: string, flags: string): boolean {
  const plain = source.replace(/\\./gs, "");
  if (flags.includes("y")) return !plain.startsWith("^");
  if (flags.includes("i") && /[^\0-\x7f]|[a-z]|\\[xucpk]/i.test(source.replace(/\\[dDwWsS]/g, "")))
    return true;
  if (flags.includes("m") && /[$^]/.test(plain.replace(/\[\^/g, "["))) return true;
  return flags.includes("s") && plain.includes(".");
}

const TOKENS = new RegExp(
  [
    String.raw`\\[dDwWsStnrfv]`,
    String.raw`\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}`,
    String.raw`\\[^A-Za-z0-9<>\0-\x1f\x7f-\uffff]`,
    String.raw`\[(?:\^|(?!\^))(?:\\[dDwWsStnrfv]|\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[^A-Za-z0-9<>]|[^\]\\[&~])+\]`,
    String.raw`\(\?[:=!]|\((?!\?)|[)|^$.]`,
    String.raw`[*+?]\??|\{\d+(?:,\d*)?\}\??`,
    String.raw`[^\\[\]{}()|^$.*+?]`,
  ].join("|"),
  "y",
);
const PROPERTY = /\\[pP]\{(?:L|Lu|Ll|N|Nd|P|S|Z)\}/y;

function parts(source: string, unicode: boolean): boolean {
  for (let at = 0; at < source.length; ) {
    TOKENS.lastIndex = PROPERTY.lastIndex = at;
    const match = TOKENS.exec(source) ?? (unicode ? PROPERTY.exec(source) : null);
    if (!match) return false;
    at += match[0].length;
  }
  return true;
}
