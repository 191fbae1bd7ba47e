/** Write Osaurus plugins in TypeScript. `definePlugin` and `defineTool` are where to begin. */

import { currentContext } from "./current.js";

export { Context, type Extras } from "./context.js";
export { currentContext } from "./current.js";
export {
  definePlugin,
  type IncludedServer,
  Plugin,
  type PluginDefinition,
} from "./declare/plugin.js";
export { defineRoute, type Method, type Route, type RouteDefinition } from "./declare/route.js";
export {
  type InputOf,
  type InputSchema,
  type JsonSchema,
  jsonSchema,
  type StandardSchema,
  type TypedJsonSchema,
} from "./declare/schema.js";
export {
  type Choices,
  configField,
  type SecretDefinition,
  type Section,
  type WebDefinition,
} from "./declare/settings.js";
export { defineTool, Tool, type ToolDefinition, ToolResult } from "./declare/tool.js";
export * as errors from "./errors.js";
export {
  DeclarationError,
  HostCallRefused,
  HostError,
  HttpError,
  ToolError,
  type ToolErrorOptions,
  Unavailable,
} from "./errors.js";
export type { ConfigChange, TaskEvent, TaskEventPayloads } from "./events.js";
export type { Artifact, ChatMessage, ModelInfo } from "./generated.js";
export * as abi from "./generated.js";
export { Completion, StreamChunk } from "./host/completion.js";
export type { Config } from "./host/config.js";
export type { Database, ExecResult, Row, SqlValue, Table } from "./host/db.js";
export type { FileContent, Files } from "./host/files.js";
export { type Http, HttpResult, type Query, type RequestOptions } from "./host/http.js";
export type { CompletionOptions, Inference, Prompt, StreamOptions } from "./host/inference.js";
export type { Log } from "./host/log.js";
export type { CompletionStream } from "./host/stream.js";
export { type DispatchOptions, Task, type Tasks } from "./host/tasks.js";
export {
  type Elicit,
  type IncludeCommandOptions,
  type IncludeMcpOptions,
  type IncludeOptions,
  includeCommand,
  includeMcp,
  type McpServerLike,
  type StdioServer,
  type ToolOverride,
} from "./mcp/index.js";
export { PluginRequest } from "./request.js";
export type { Secrets } from "./secrets.js";

/**
 * The standard's `fetch` through the host, for the call that runs here.
 *
 * @example
 * const response = await fetch("https://api.example.com/items");
 * assert.deepEqual(await response.json(), { id: 7 });
 */
export const fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
  currentContext().fetch(input, init);
