// Bundles a plugin with the project's own esbuild. Started by `bundle.rs` with a JSON request on the command line;
// answers with one JSON object. Knows nothing of payloads beyond the folder that it writes to.

import { copyFileSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, extname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { matching } from "./files.mjs";
import { scan } from "./scan.mjs";

const request = JSON.parse(process.argv[2]);
const { project, out, external } = request;
const esbuild = await import(pathToFileURL(request.esbuild).href).then((found) => found.default ?? found);

/** What the sources told: files to pack, modules of threads, and what to warn of. */
const found = { files: new Map(), threads: new Map(), warnings: new Set(), copies: new Set() };
const OWN = realpathSync(request.sdk) + sep;

/** A file's path in the payload: as in the project, with what is outside of it below a folder of its own. */
function placed(file) {
  const path = relative(project, file).split(sep).join("/");
  const at = path.lastIndexOf("node_modules/.pnpm/");
  if (at >= 0) return path.slice(at);
  const packages = path.indexOf("node_modules/");
  if (packages >= 0 && path.startsWith("..")) return path.slice(packages);
  return path.replace(/^(\.\.\/)+/, "outside/");
}

/** Each module finds itself where it is in the project: its files are packed beside it. */
function prepared(file, text) {
  const { contents, files, threads, warnings } = scan(file, text, { project, named: request.files.length > 0 });
  for (const path of files) found.files.set(placed(path), path);
  for (const path of threads) found.threads.set(placed(path).replace(/\.\w+$/, ".mjs"), path);
  for (const warning of warnings) found.warnings.add(warning);
  return contents(JSON.stringify(placed(file)));
}

const places = {
  name: "osaurus-places",
  setup(build) {
    build.onResolve({ filter: /^osaurus-module:/ }, ({ path }) => ({ path: path.slice(15), namespace: "osaurus-module" }));
    build.onLoad({ filter: /.*/, namespace: "osaurus-module" }, ({ path }) => ({
      contents: `const meta = osaurusMeta(${JSON.stringify(path)}); export default meta; export const { dirname, filename } = meta;`,
    }));
    build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, ({ path }) => {
      if (path.startsWith(OWN)) return undefined;
      const text = readFileSync(path, "utf8");
      const contents = prepared(path, text);
      return contents === undefined ? undefined : { contents, loader: extname(path).replace(/^\.[cm]?/, "") };
    });
  },
};

/** A package that brings its own copy of the SDK gets the project's: tools of two copies do not know each other. */
const oneSdk = {
  name: "osaurus-one-sdk",
  setup(build) {
    build.onResolve({ filter: /^osaurus-plugin(\/|$)/ }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData === "osaurus") return undefined;
      const from = (folder) => build.resolve(path, { resolveDir: folder, kind, pluginData: "osaurus" });
      const [own, theirs] = [await from(project), await from(resolveDir)];
      if (own.errors.length > 0) return theirs;
      const copied = theirs.errors.length === 0 && realpathSync(theirs.path) !== realpathSync(own.path);
      if (copied) found.copies.add(relative(project, theirs.path).replace(/(.*osaurus-plugin)[\\/].*/, "$1"));
      return { path: own.path, sideEffects: own.sideEffects };
    });
  },
};

const COMMON = {
  bundle: true,
  platform: "node",
  target: "node20",
  absWorkingDir: project,
  external,
  metafile: true,
  // Less for Node to read at each start; names stay, and the map knows all places.
  minifyWhitespace: true,
  sourcemap: true,
  sourcesContent: false,
  logLevel: "silent",
  define: { "import.meta": "osaurusModule" },
  plugins: [places, oneSdk],
};

const plugin = { contents: request.entry, resolveDir: project, sourcefile: "osaurus-entry.mjs" };

/** As a CommonJS file where that is possible: Node starts it in less time. */
async function bundled() {
  const [common, module] = request.formats;
  const write = (format) =>
    esbuild.build({ ...COMMON, stdin: plugin, format: format.format, banner: { js: format.banner }, outfile: join(out, format.main) });
  if (external.length === 0) {
    const first = await write(common).then((result) => ({ result, main: common.main }), (error) => error);
    const awaits = first.errors?.some(({ text }) => /top-level await/i.test(text));
    if (!(first instanceof Error)) return first;
    if (!awaits) throw first;
  }
  return { result: await write(module), main: module.main };
}

/** Modules that the plugin starts as threads or processes are bundles of their own, and may start others. */
async function threads(done = new Set()) {
  const [, module] = request.formats;
  const results = [];
  for (const [name, path] of found.threads) {
    if (done.has(name)) continue;
    done.add(name);
    const banner = { js: module.banner.replace("osaurusRoot = '.'", `osaurusRoot = '${"../".repeat(name.split("/").length - 1) || "."}'`) };
    results.push(await esbuild.build({ ...COMMON, entryPoints: [path], format: "esm", banner, outfile: join(out, name) }));
  }
  return results.length > 0 ? [...results, ...(await threads(done))] : [];
}

function pack() {
  for (const [name, path] of matching(project, request.files)) found.files.set(name, path);
  for (const [name, path] of found.files) {
    const target = resolve(out, name);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(path, target);
  }
  const module = JSON.parse(readFileSync(join(project, "package.json"), "utf8")).type === "module";
  const code = [...found.files.keys()].some((name) => name.endsWith(".js"));
  if (module && code && !found.files.has("package.json")) writeFileSync(join(out, "package.json"), '{"type":"module"}\n');
}

async function messagesOf(messages, kind) {
  const made = await esbuild.formatMessages(messages, { kind, color: false });
  return made.map((text) => text.trim().replace(/^▲ \[WARNING\] /, ""));
}

/** Type metadata of decorators is what only TypeScript's own compiler writes. */
function decorators(inputs) {
  let text = "";
  try {
    text = readFileSync(join(project, "tsconfig.json"), "utf8").replace(/\/\*.*?\*\/|^\s*\/\/.*$/gms, "");
  } catch {
    return;
  }
  if (!/"emitDecoratorMetadata"\s*:\s*true/.test(text)) return;
  const own = inputs.filter((path) => /\.[cm]?tsx?$/.test(path) && !path.includes("node_modules"));
  const user = own.find((path) => /^\s*@[A-Za-z_$][\w$.]*/m.test(readFileSync(resolve(project, path), "utf8")));
  if (user === undefined) return;
  found.warnings.add(
    `${user}: emitDecoratorMetadata is set in tsconfig.json, but bundlers write no types for decorators, so that ` +
      `Reflect.getMetadata("design:...") gives undefined: compile with tsc first and name its output as "main", or pass the types to the decorators`,
  );
}

async function main() {
  const { result, main } = await bundled();
  const all = [result, ...(await threads())];
  pack();
  const inputs = [...new Set(all.flatMap(({ metafile }) => Object.keys(metafile.inputs)))];
  const files = inputs.filter((path) => !path.startsWith("osaurus-"));
  decorators(files);
  for (const copy of found.copies) {
    found.warnings.add(`${copy} is a second copy of osaurus-plugin; the plugin's own is used in its place`);
  }
  const warnings = await messagesOf(all.flatMap((one) => one.warnings), "warning");
  return { main, inputs: files, outputs: all.flatMap(({ metafile }) => Object.keys(metafile.outputs)), warnings: [...warnings, ...found.warnings] };
}

const answer = await main().catch(async (error) => ({
  error: error.errors ? (await messagesOf(error.errors, "error")).join("\n\n") : String(error.message ?? error),
}));
process.stdout.write(JSON.stringify(answer));
esbuild.stop?.();
