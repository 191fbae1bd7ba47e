// Which files beside it a module reads or starts: those whose paths are written out are packed, the rest gets a warning.

import { readFileSync, statSync } from "node:fs";
import { dirname, extname, join, relative, resolve } from "node:path";
import { below } from "./files.mjs";

const HERE = String.raw`(?:__dirname|import\.meta\.dirname|(?:path\.)?dirname\(\s*(?:url\.)?fileURLToPath\(\s*import\.meta\.url\s*\)\s*\))`;
const TEXT = String.raw`(?:"[^"\n]*"|'[^'\n]*'|` + "`[^`$\\n]*`)";
const STARTS = String.raw`(?:new\s+Worker|fork|import)\(\s*(?:(?:\w+\.)?fileURLToPath\(\s*)?`;

/** Where a path is put together from the module's own folder, which may have a name, and words. */
function patterns(here) {
  return [
    new RegExp(`(${STARTS})?new\\s+URL\\(\\s*(${TEXT})\\s*,\\s*import\\.meta\\.url\\s*,?\\s*\\)`, "g"),
    new RegExp(`(${STARTS})?(?:\\w+\\.)?(?:join|resolve)\\(\\s*${here}\\s*,\\s*(${TEXT}(?:\\s*,\\s*${TEXT})*)\\s*,?\\s*\\)`, "g"),
    new RegExp(`(${STARTS})?${here}\\s*\\+\\s*(${TEXT})`, "g"),
    new RegExp("(" + STARTS + ")?`\\$\\{" + here + "\\}(/[^`$\\n]*)`", "g"),
    new RegExp(`(${STARTS})?import\\.meta\\.resolve\\(\\s*(${TEXT})\\s*\\)`, "g"),
  ];
}

/** The code without `const here = import.meta.dirname`, and what then stands for the folder. */
function withoutNames(code) {
  const names = [];
  const rest = code.replace(new RegExp(`\\b(?:const|let|var)\\s+(\\w+)\\s*=\\s*${HERE}\\s*(?:;|$)`, "gm"), (found, name) => {
    names.push(name);
    return found.replace(/[^\n]/g, " ");
  });
  return { rest, names, here: `(?:${[HERE, ...names.map((name) => `\\b${name}\\b`)].join("|")})` };
}

const CODE = /\.[cm]?[jt]sx?$/;
const MENTIONS = /\bimport\.meta\b|\b__dirname\b|\b__filename\b/;
const READS = /\b(?:readFile|createReadStream|readdir|existsSync|opendir|copyFile|Worker\(|fork\(|spawn|execFile|createRequire\(|openSync)/;
const BY_WORKING_DIRECTORY = /\b(?:readFile|readFileSync|createReadStream|readdirSync|readdir|openSync|new\s+Worker|fork)\(\s*(["'])(?!\/|data:|file:)([^"'\n]+)\1/g;

/** The text, with comments and what is in them blanked: places stay. */
function withoutComments(text) {
  const token = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return text.replace(token, (found) => (found.startsWith("/") ? found.replace(/[^\n]/g, " ") : found));
}

/** Files to pack, modules to bundle for themselves, warnings, and the module's text for esbuild. */
export function scan(file, text, { project, named }) {
  const told = { files: [], threads: [], warnings: [] };
  const own = !relative(project, file).includes("node_modules");
  const code = own || MENTIONS.test(text) ? withoutComments(text) : text;
  const at = (index) => `${relative(project, file)}:${text.slice(0, index).split("\n").length}`;
  if (own) unknownNames(code, at, told.warnings, project, named);
  if (!MENTIONS.test(code)) return { ...told, contents: () => undefined };
  const edits = [];
  const { rest: searched, names, here } = withoutNames(code);
  let rest = searched;
  for (const pattern of patterns(here)) {
    for (const match of searched.matchAll(pattern)) {
      rest = blank(rest, match);
      told.files.push(...target(file, match, told, edits, own, at));
    }
  }
  rest = required(file, rest, told, at);
  if (!named && READS.test(code)) unexplained(file, rest, names, at, told.warnings, own);
  return { ...told, contents: (place) => placed(file, edited(text, edits), code, place) };
}

function blank(text, { index, 0: found }) {
  return text.slice(0, index) + found.replace(/[^\n]/g, " ") + text.slice(index + found.length);
}

/** The files at a path; a module that is started goes to the threads, and its name in the text ends in `.mjs`. */
function target(file, match, told, edits, own, at) {
  const [whole, starts, words] = match;
  const name = words.startsWith("/") ? words : words.split(/(?<=["'`])\s*,\s*(?=["'`])/).map((word) => word.slice(1, -1)).join("/");
  if (/^[a-z]+:/i.test(name) || (whole.includes("import.meta.resolve") && !name.startsWith("."))) return [];
  const path = resolve(dirname(file), `./${name}`);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return below(path);
  if (!found?.isFile()) {
    if (own && extname(name)) told.warnings.push(`${at(match.index)}: names ${name}, and there is no such file to pack`);
    return [];
  }
  const module = starts !== undefined ? CODE.test(path) : /\.[cm]?tsx?$/.test(path);
  if (!module) return [path];
  told.threads.push(path);
  const from = match.index + whole.lastIndexOf(extname(path));
  edits.push({ from, to: from + extname(path).length, text: ".mjs" });
  return [];
}

/** What a `require` of the module's own reads, which no bundler sees. */
function required(file, code, told, at) {
  let rest = code;
  for (const made of code.matchAll(/\b(\w+)\s*=\s*(?:\w+\.)?createRequire\(\s*import\.meta\.(?:url|filename)\s*\)/g)) {
    rest = blank(rest, made);
    for (const use of code.matchAll(new RegExp(`\\b${made[1]}(?:\\.resolve)?${NAMED}`, "g"))) needed(file, use, told, at);
  }
  for (const use of code.matchAll(new RegExp(`\\bcreateRequire\\(\\s*import\\.meta\\.(?:url|filename)\\s*\\)(?:\\.resolve)?${NAMED}`, "g"))) {
    rest = blank(rest, use);
    needed(file, use, told, at);
  }
  return rest;
}

const NAMED = String.raw`\(\s*(["'])([^"'\n]+)\1\s*\)`;

/** Packs the file that a call of `require` names. */
function needed(file, { index, 2: name }, told, at) {
  if (!name.startsWith(".")) {
    if (!name.startsWith("node:")) told.warnings.push(`${at(index)}: createRequire loads ${name}, which is not bundled: import it, or name it in "external"`);
    return;
  }
  const path = ["", ".js", ".cjs", ".json", "/index.js"].map((end) => resolve(dirname(file), name + end)).find((one) => statSync(one, { throwIfNoEntry: false })?.isFile());
  if (path) told.files.push(path, ...reached(path));
  else told.warnings.push(`${at(index)}: names ${name}, and there is no such file to pack`);
}

/** The modules that a CommonJS module needs from beside it. */
function reached(path, seen = new Set([path])) {
  if (!/\.c?js$/.test(path)) return [];
  for (const [, , name] of readFileSync(path, "utf8").matchAll(/\brequire\(\s*(["'])(\.[^"'\n]+)\1\s*\)/g)) {
    const next = ["", ".js", ".cjs", ".json", "/index.js"].map((end) => resolve(dirname(path), name + end)).find((one) => statSync(one, { throwIfNoEntry: false })?.isFile());
    if (!next || seen.has(next)) continue;
    seen.add(next);
    reached(next, seen);
  }
  return [...seen];
}

const NAME_THEM = 'name its files in "files" in package.json\'s "osaurus" section, or write the path as new URL("./file", import.meta.url)';

function unexplained(file, rest, names, at, warnings, own) {
  const alias = names.map((name) => `|\\b${name}\\b`).join("");
  const left = new RegExp(`\\bimport\\.meta\\.(?:url|dirname)\\b|\\b__dirname\\b${alias}`).exec(rest);
  if (!left) return;
  if (own) {
    warnings.push(`${at(left.index)}: finds files by ${left[0]} in a way that the build cannot follow: ${NAME_THEM}`);
    return;
  }
  const parts = file.slice(file.lastIndexOf("node_modules") + 13).split(/[\\/]/);
  const name = parts.slice(0, parts[0].startsWith("@") ? 2 : 1).join("/");
  warnings.push(`${at(left.index)}: the package ${name} reads files that it finds by ${left[0]}: if it fails, name ${name} in "external"`);
}

function unknownNames(code, at, warnings, project, named) {
  for (const { index } of code.matchAll(/\bimport\(\s*(?![\s"'`/)]|new\s+URL\(|import\.meta\.resolve\()/g)) {
    warnings.push(`${at(index)}: imports a module whose name is known only when it runs: it is not in the bundle`);
  }
  for (const { index, 2: name } of code.matchAll(BY_WORKING_DIRECTORY)) {
    if (named || !statSync(join(project, name), { throwIfNoEntry: false })) continue;
    warnings.push(`${at(index)}: "${name}" is looked for in the working directory, which is the host's: write new URL("...", import.meta.url)`);
  }
}

function edited(text, edits) {
  return edits.sort((one, other) => other.from - one.from).reduce((made, { from, to, text: put }) => made.slice(0, from) + put + made.slice(to), text);
}

/** Imports are hoisted, so that what is added at the end changes no place in a stack. */
function placed(file, text, code, place) {
  const module = /\.(?:m[jt]s|[jt]sx|ts)$/.test(file) || /^\s*(?:import|export)\b/m.test(code) || code.includes("import.meta");
  const own = (name) => new RegExp(`\\b${name}\\b`).test(code) && !new RegExp(`\\b(?:const|let|var)\\s+(?:\\{[^}]*)?${name}\\b`).test(code);
  const names = [["__dirname", "dirname"], ["__filename", "filename"]].filter(([name]) => own(name));
  if (!module) {
    const made = names.map(([name, key]) => `${name} = osaurusMeta(${place}).${key}`).join(", ");
    return made ? `var ${made}; ${text.replace(/^#!/, "//")}` : undefined;
  }
  const from = `"osaurus-module:${place.slice(1, -1)}"`;
  const first = `\nimport osaurusModule from ${from};`;
  // No declarations but imports are ready before the module's first line.
  const rest = names.map(([name, key]) => `\nimport { ${key} as ${name} } from ${from};`);
  return text + first + rest.join("");
}
