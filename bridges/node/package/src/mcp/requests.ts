/**
 * What a server asks of its client during a call, answered by the host: log lines, progress, a
 * model's answer, a question to the user.
 */

import type { Context } from "../context.js";
import { HostError, type JsonObject, ToolError } from "../errors.js";
import { type ChatMessage, LogLevel } from "../generated.js";
import { isObject } from "../json.js";
import { type Answer, RpcError, unsupported } from "./session.js";

/** Answers what the server would ask the user: its fields, or nothing to decline. */
export type Elicit = (
  request: JsonObject,
  ctx: Context,
) => JsonObject | undefined | Promise<JsonObject | undefined>;

const LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: LogLevel.Debug,
  info: LogLevel.Info,
  notice: LogLevel.Info,
  warning: LogLevel.Warn,
};
const FAILED = -32603;

/** The function that serves a server's requests during one call. */
export function answers(ctx: Context, elicit: Elicit | undefined): Answer {
  return (method, params) => {
    if (method === "notifications/message") log(ctx, params);
    else if (method === "notifications/progress") progress(ctx, params);
    else if (method === "sampling/createMessage") return sample(ctx, params);
    else if (method === "elicitation/create") return elicited(ctx, params, elicit);
    else if (!method.startsWith("notifications/")) throw unsupported(method);
    return {};
  };
}

function log(ctx: Context, { level, data, logger }: JsonObject): void {
  const to = LEVELS[String(level)] ?? LogLevel.Error;
  const fields = logger ? { logger } : {};
  if (!isObject(data)) {
    ctx.log.write(to, String(data), fields);
    return;
  }
  const { msg, message, ...rest } = data;
  const more = Object.keys(rest).length > 0 ? { data: rest } : {};
  ctx.log.write(to, String(msg ?? message ?? "message of the MCP server"), { ...fields, ...more });
}

function progress(ctx: Context, params: JsonObject): void {
  const { message, progress: done, total } = params;
  ctx.log.info(String(message ?? "progress"), {
    progress: done,
    ...(total === undefined ? {} : { total }),
  });
}

async function sample(ctx: Context, params: JsonObject): Promise<JsonObject> {
  if (params["tools"]) throw unsupported("sampling with tools of the server");
  const { messages, systemPrompt, maxTokens, temperature, stopSequences } = params;
  const prompt = Array.isArray(messages) ? messages.map(chatMessage) : [];
  try {
    const completion = await ctx.inference.complete(prompt, {
      ...(typeof systemPrompt === "string" ? { system: systemPrompt } : {}),
      ...(typeof maxTokens === "number" ? { maxTokens } : {}),
      ...(typeof temperature === "number" ? { temperature } : {}),
      ...(Array.isArray(stopSequences) ? { more: { stop: stopSequences as string[] } } : {}),
    });
    const stopReason = completion.finishReason === "length" ? "maxTokens" : "endTurn";
    const content = { type: "text", text: completion.text };
    return { role: "assistant", content, model: completion.model, stopReason };
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new RpcError(FAILED, `the host's model gave no answer: ${error.message}`);
  }
}

function chatMessage(message: unknown): ChatMessage {
  const { role, content } = message as { readonly role?: string; readonly content?: unknown };
  const blocks: unknown[] = Array.isArray(content) ? content : [content];
  const strings = blocks.map((block) => {
    if (isObject(block) && block["type"] === "text") return String(block["text"]);
    throw unsupported("sampling with anything but text");
  });
  return { role: role ?? "user", content: strings.join("\n") } as ChatMessage;
}

async function elicited(
  ctx: Context,
  params: JsonObject,
  elicit: Elicit | undefined,
): Promise<JsonObject> {
  if (elicit) {
    const content = await elicit(params, ctx);
    return content === undefined ? { action: "decline" } : { action: "accept", content };
  }
  const schema = params["requestedSchema"];
  const fields = isObject(schema) && isObject(schema["properties"]) ? schema["properties"] : {};
  const names = Object.keys(fields);
  const fieldNames = names.length > 0 ? ` (${names.join(", ")})` : "";
  throw new ToolError(
    "rejected",
    `the tool asks the user: ${JSON.stringify(params["message"] ?? "")}${fieldNames}. Ask the user, ` +
      "then call it again with arguments that leave nothing to ask",
  );
}
