/**
 * Runs a loaded plugin's handlers: arguments in, envelopes and responses out. Under the worker and
 * the test kit alike; knows neither.
 */

import { Context, type Extras, note } from "./context.js";
import { runInCall } from "./current.js";
import type { Plugin } from "./declare/plugin.js";
import type { Route } from "./declare/route.js";
import { type Checked, issueField } from "./declare/schema.js";
import { Tool, ToolResult } from "./declare/tool.js";
import { DeadlineExceeded, HttpError, type JsonObject, ToolError, Unavailable } from "./errors.js";
import { taskEvent } from "./events.js";
import { bigints } from "./exact.js";
import type { Frame } from "./frame.js";
import {
  ABI_PROBE_KEY,
  type Artifact,
  LogLevel,
  type RouteRequest,
  type RouteResponse,
} from "./generated.js";
import { isObject, toJson } from "./json.js";
import { type Eventual, isPromise, osaurusCallsPlugin } from "./outcome.js";
import { PluginRequest } from "./request.js";
import { errorAnswer, routeAnswer } from "./response.js";
import { summary, trace } from "./trace.js";

/** Kinds of calls by their number in the worker protocol. */
export const KINDS = ["tool", "route", "config", "task", "artifact", "unload"] as const;
/** A kind of call. */
export type Kind = (typeof KINDS)[number];

/** The answer to a call whose time is over. */
export const LATE = new ToolError("timeout", "the call took too long").envelope();

/** A loaded plugin. Calls may run at the same time. */
export class Runtime {
  readonly plugin: Plugin;

  constructor(plugin: Plugin) {
    this.plugin = plugin;
  }

  /**
   * Runs a handler: JSON text of an envelope, of a response, or `null`. Never throws or rejects.
   */
  call(
    frame: Frame,
    kind: Kind,
    target: string,
    payload: unknown,
    extras: Extras | null,
  ): string | Promise<string> {
    const context = new Context(frame, extras);
    switch (kind) {
      case "tool":
        return runInCall(context, () => this.#tool(context, target, payload));
      case "route":
        return runInCall(context, () => this.#route(context, target, payload));
      default:
        return runInCall(context, () => this.#event(context, kind, target, payload));
    }
  }

  async #unload(): Promise<void> {
    try {
      await this.plugin.definition.onUnload?.();
    } finally {
      for (const server of this.plugin.included) server.close();
    }
  }

  #tool(context: Context, id: string, payload: unknown): string | Promise<string> {
    const tool = this.plugin.tools.get(id) ?? this.#included(id);
    if (!tool) return this.#unknownTool(id);
    return osaurusCallsPlugin(
      () => runTool(tool, payload, context),
      success,
      (error) => JSON.stringify(toolFailure(context, `tool "${id}"`, error)),
    );
  }

  /** A tool of an MCP server, which is asked for its tools when one of them is called. */
  #included(id: string): Tool | undefined {
    const servers = this.plugin.included.filter((server) => server.mayHave(id));
    const last = servers.at(-1);
    if (last === undefined) return undefined;
    const call = async (input: JsonObject, ctx: Context): Promise<unknown> => {
      for (const server of servers.slice(0, -1)) {
        if (await server.has(ctx, id)) return server.call(ctx, id, input);
      }
      return last.call(ctx, id, input);
    };
    return new Tool({ description: id, run: call as never }) as Tool;
  }

  #unknownTool(id: string): string {
    const names = [...this.plugin.tools.keys()].join(", ") || "none";
    const text = `the plugin has no tool "${id}" (it has: ${names})`;
    return JSON.stringify(new ToolError("tool_not_found", text).envelope());
  }

  async #route(context: Context, id: string, payload: unknown): Promise<string> {
    const route = this.plugin.routes.get(id);
    if (!route) return JSON.stringify(errorAnswer(404, `the plugin has no route "${id}"`));
    const answer = await runRoute(context, id, route, payload);
    return JSON.stringify(answer);
  }

  #event(context: Context, kind: Kind, target: string, payload: unknown): string | Promise<string> {
    const [name, run] = this.#eventHandler(context, kind, target, isObject(payload) ? payload : {});
    const nothing = (): string => "null";
    return osaurusCallsPlugin(run, nothing, (error) => {
      report(context, name, error);
      return nothing();
    });
  }

  #eventHandler(
    context: Context,
    kind: Kind,
    target: string,
    payload: JsonObject,
  ): [string, () => unknown] {
    const { definition } = this.plugin;
    switch (kind) {
      case "config": {
        const change = { key: String(payload["key"] ?? ""), value: String(payload["value"] ?? "") };
        const probe = change.key === ABI_PROBE_KEY;
        return ["onConfigChanged", () => probe || definition.onConfigChanged?.(change, context)];
      }
      case "task": {
        const id = String(payload["task_id"] || target);
        const event = taskEvent(id, Number(payload["type"] ?? -1), payload["event"]);
        return ["onTaskEvent", () => definition.onTaskEvent?.(event, context)];
      }
      case "artifact":
        return [
          "onArtifact",
          () => definition.onArtifact?.(payload as unknown as Artifact, context),
        ];
      default:
        return ["onUnload", () => this.#unload()];
    }
  }
}

function runTool(tool: Tool, payload: unknown, context: Context): Eventual<unknown> {
  const { check } = tool;
  if (!check) {
    refuseBigints(payload);
    return tool.run(payload as never, context);
  }
  const checked = check(payload);
  if (isPromise(checked)) return checked.then((found) => runChecked(tool, found, payload, context));
  return runChecked(tool, checked, payload, context);
}

function runChecked(
  tool: Tool,
  checked: Checked<unknown>,
  payload: unknown,
  context: Context,
): Eventual<unknown> {
  if (checked.issues) throw invalidArguments(checked.issues, payload);
  return tool.run(checked.value as never, context);
}

/** JSON Schema has no bigints, and handlers expect numbers. */
function refuseBigints(payload: unknown): void {
  const issues = bigints(payload).map(({ path, value }) => ({ path, message: tooLarge(value) }));
  if (issues.length > 0) throw invalidArguments(issues, payload);
}

function tooLarge(value: bigint): string {
  return `${value} has more digits than a number can hold exactly; send it as a string if the schema takes one`;
}

type Issues = NonNullable<Checked<unknown>["issues"]>;

function invalidArguments(issues: Issues, payload: unknown): ToolError {
  const large = new Map(
    bigints(payload).map((found) => [issueField({ ...found, message: "" }), found.value]),
  );
  const messages = issues.map((issue) => {
    const field = issueField(issue);
    const value = large.get(field);
    return { field, message: value === undefined ? issue.message : tooLarge(value) };
  });
  const [first] = messages;
  const options = first?.field ? { field: first.field, expected: first.message } : {};
  return new ToolError(
    "invalid_args",
    messages.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join("; "),
    options,
  );
}

function success(value: unknown): string {
  if (value instanceof ToolResult) {
    const warnings =
      value.warnings.length > 0 ? `,"warnings":${toJson("warnings", value.warnings)}` : "";
    return `{"ok":true,"result":${result(value.value)}${warnings}}`;
  }
  return `{"ok":true,"result":${result(value)}}`;
}

function result(value: unknown): string {
  if (value === undefined) return "null";
  const json = toJson("result", value);
  return typeof value === "string" ? `{"text":${json}}` : json;
}

function toolFailure(context: Context, what: string, error: unknown): JsonObject {
  if (error instanceof ToolError) return error.envelope();
  if (error instanceof DeadlineExceeded) return LATE;
  const message = report(context, what, error).toWellFormed();
  if (error instanceof Unavailable) {
    return new ToolError("unavailable", error.message, { retryable: false }).envelope();
  }
  return { ok: false, kind: "execution_error", message, retryable: true };
}

function runRoute(
  context: Context,
  id: string,
  route: Route,
  payload: unknown,
): RouteResponse | Promise<RouteResponse> {
  const request = new PluginRequest((payload ?? {}) as Partial<RouteRequest>);
  const answer = async (): Promise<RouteResponse> =>
    routeAnswer(await route.handle(request, context), route.mediaType);
  const failed = (error: unknown): RouteResponse => {
    if (error instanceof HttpError) return errorAnswer(error.status, error.message, error.headers);
    report(context, `route "${id}"`, error);
    // The message stays in the log: a route may be public.
    return errorAnswer(500, "the plugin failed to answer; its log says why");
  };
  return osaurusCallsPlugin(answer, (made) => made, failed);
}

/** Logs an error with the author's file and line; answers "TypeName: message". */
function report(context: Context, what: string, error: unknown): string {
  note(context, LogLevel.Error, `${what} failed${trace(error)}`);
  return summary(error);
}
