/**
 * `includeMcp` and `includeCommand`: MCP servers as parts of a plugin, in `definePlugin({ include
 * })`.
 */

import { misdeclared, SourceLocation } from "../declare/location.js";
import type { IncludedServer } from "../declare/plugin.js";
import { connectToCommand } from "./command.js";
import { connectTo, type McpServerLike, run, type StdioServer } from "./inProcess.js";
import { type IncludeOptions, Server } from "./server.js";

export type { McpServerLike, StdioServer } from "./inProcess.js";
export type { Elicit } from "./requests.js";
export type { IncludeOptions } from "./server.js";
export type { ToolOverride } from "./tools.js";

/** Options of a server that is started by a function. */
export interface IncludeMcpOptions extends IncludeOptions {
  /** The server's command line, where a function starts it. */
  readonly args?: readonly string[];
  /** Variables that it reads; they are set in this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Options of a server in a process of its own. */
export interface IncludeCommandOptions extends IncludeOptions {
  /** Variables for it, beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Variables that the user fills in: each a secret of the plugin with its label. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/**
 * Takes over the tools of an MCP server: an object of the official SDK, or a function that starts a
 * server over standard input and output, such as `() => import("some-server/dist/index.js")`.
 */
export function includeMcp(
  server: McpServerLike | StdioServer,
  options: IncludeMcpOptions = {},
): IncludedServer {
  const { args = [], env = {}, ...rest } = options;
  if (typeof server === "function")
    return new Server("the MCP server", () => run(server, args, env), rest);
  if (typeof (server as Partial<McpServerLike> | undefined)?.connect !== "function") {
    throw misdeclared(
      new SourceLocation(),
      "includeMcp",
      "expected a server of the MCP SDK, or a function that starts one over stdio",
    );
  }
  return new Server("the MCP server", () => connectTo(server, env), rest);
}

/**
 * Takes over the tools of an MCP server in any language: a program that talks over stdio, such as
 * `["npx", "-y", "@modelcontextprotocol/server-memory"]`. It runs while the plugin does.
 */
export function includeCommand(
  command: readonly string[],
  options: IncludeCommandOptions = {},
): IncludedServer {
  const { env = {}, secrets = {}, ...rest } = options;
  if (
    !Array.isArray(command) ||
    command.length === 0 ||
    command.some((word) => typeof word !== "string")
  ) {
    const json = JSON.stringify(command);
    throw misdeclared(
      new SourceLocation(),
      "includeCommand",
      `expected a list such as ["npx", "-y", "package"], not ${json}`,
    );
  }
  const what = `the MCP server "${command.join(" ")}"`;
  const connect = (values: Readonly<Record<string, string>>) =>
    connectToCommand(command, { ...env, ...values });
  return new Server(what, connect, rest, secrets);
}
