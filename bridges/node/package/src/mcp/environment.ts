/**
 * What a server's process gets of our environment, and where its program is looked for. The rules
 * are those of the shim for interpreters: an application that was started from the Dock has next to
 * no PATH, and no variable may change what an interpreter loads.
 */

import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join, resolve, sep } from "node:path";

const UNWANTED = new Set(
  (
    "__PYVENV_LAUNCHER__ VIRTUAL_ENV OSAURUS_BRIDGE_FDS OSAURUS_BRIDGE_PIPES " +
    "OSAURUS_BRIDGE_WORKER SSLKEYLOGFILE BASH_ENV ENV SHELLOPTS BASHOPTS PS4 GCONV_PATH " +
    "GETCONF_DIR GLIBC_TUNABLES HOSTALIASES LOCALDOMAIN LOCPATH MALLOC_TRACE NIS_PATH " +
    "NLSPATH RESOLV_HOST_CONF RES_OPTIONS TZDIR"
  ).split(" "),
);
const UNWANTED_FAMILIES =
  /^(PYTHON|OPENSSL_|BASH_FUNC_|NODE_(?!(ENV|EXTRA_CA_CERTS|USE_SYSTEM_CA)$))/;
const PRELOADS = /^(LD|DYLD)_(?!.*_PATH$)/;
const FOLDERS = [
  "/opt/homebrew/bin",
  "/usr/local/bin",
  "~/.local/bin",
  "~/.cargo/bin",
  "~/go/bin",
  "~/.volta/bin",
  "~/.asdf/shims",
  "~/.bun/bin",
  "~/.deno/bin",
  "/usr/bin",
  "/bin",
];

/** The environment of a server's process. */
export function environment(added: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !isUnwanted(entry[0]),
  );
  return { ...Object.fromEntries(own), PATH: searchPath().join(delimiter), ...added };
}

function isUnwanted(name: string): boolean {
  return UNWANTED.has(name) || UNWANTED_FAMILIES.test(name) || PRELOADS.test(name);
}

/** PATH, and the folders where people's programs are. */
export function searchPath(): string[] {
  const own = (process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  return [...new Set([...own, ...nvm(), ...FOLDERS.map(inHome)])];
}

function inHome(path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
}

/** The newest Node of nvm. */
function nvm(): string[] {
  const folder = inHome("~/.nvm/versions/node");
  try {
    const names = readdirSync(folder).sort((one, other) =>
      one.localeCompare(other, undefined, { numeric: true }),
    );
    return names.slice(-1).map((name) => join(folder, name, "bin"));
  } catch {
    return [];
  }
}

/** The path of a program. */
export function findProgram(program: string): string | undefined {
  const paths = program.includes(sep)
    ? [resolve(inHome(program))]
    : searchPath().map((folder) => join(folder, program));
  return paths.find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
