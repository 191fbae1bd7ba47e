// What tsc must infer for the host API, routes, events and settings. Checked by script/check-node,
// never run.

import {
  type Artifact,
  abi,
  type Completion,
  type Context,
  configField,
  currentContext,
  definePlugin,
  defineRoute,
  type ExecResult,
  type FileContent,
  type HttpResult,
  fetch as hostFetch,
  type ModelInfo,
  type PluginRequest,
  type Row,
  type StreamChunk,
  type Task,
  ToolError,
} from "osaurus-plugin";
import { TestHost } from "osaurus-plugin/testing";
import { serve } from "osaurus-plugin/worker";
import { is } from "./equal.js";

export async function calls(ctx: Context): Promise<void> {
  is<string | null>()(await ctx.config.get("key"));
  is<string>()(await ctx.config.get("key", "fallback"));
  is<boolean>()(await ctx.config.getBoolean("key"));
  is<number>()(await ctx.config.getNumber("key"));
  is<ExecResult>()(
    await ctx.db.execute("INSERT INTO t VALUES (?)", [1, null, "a", true, 2n, { a: 1 }]),
  );
  is<Row[]>()(await ctx.db.query("SELECT 1"));
  is<{ id: number }[]>()(await ctx.db.query<{ id: number }>("SELECT 1"));
  is<{ id: number } | undefined>()(await ctx.db.first<{ id: number }>("SELECT 1"));
  is<unknown>()(await ctx.db.scalar("SELECT 1"));
  is<Completion>()(await ctx.inference.complete("hi", { maxTokens: 5, tools: true }));
  is<string>()((await ctx.inference.complete([{ role: "user", content: "hi" }])).text);
  is<number[]>()(await ctx.inference.embed("one"));
  is<number[][]>()(await ctx.inference.embed(["one", "two"]));
  is<readonly ModelInfo[]>()(await ctx.inference.models());
  const stream = ctx.inference.stream("hi", { signal: AbortSignal.timeout(5) });
  for await (const chunk of stream) is<StreamChunk>()(chunk);
  is<Completion>()(await stream.result());
  is<Task>()(await ctx.tasks.dispatch("work", { title: "Work" }));
  is<HttpResult>()(await ctx.http.get("https://example.com", { query: { a: [1, 2] } }));
  is<unknown>()(
    (await ctx.http.post(new URL("https://example.com"), { json: {} })).orThrow().json(),
  );
  is<Response>()(await ctx.fetch("https://example.com"));
  is<Response>()(await hostFetch(new Request("https://example.com")));
  is<FileContent>()(await ctx.files.read("/path"));
  is<string | null>()(await ctx.agentId);
  is<string>()(ctx.secrets.get("token"));
  is<string | undefined>()(ctx.secrets.find("token"));
  is<string | undefined>()(ctx.workingDirectory);
  is<AbortSignal>()(ctx.signal);
  is<Context>()(currentContext());
  is<string | null>()(await ctx.raw.dbQuery("SELECT 1"));
  is<void>()(await ctx.raw.log(abi.LogLevel.Warn, "careful"));
  ctx.log.info("with details", { rows: 1 });

  // @ts-expect-error: settings are text
  await ctx.config.set("key", 1);
  // @ts-expect-error: parameters are in an array
  await ctx.db.query("SELECT :a", { a: 1 });
  // @ts-expect-error: a message has a role
  await ctx.inference.complete([{ content: "hi" }]);
  // @ts-expect-error: GET has no body
  await ctx.http.get("https://example.com", { body: "text" });
  // @ts-expect-error: the agent cannot be set
  ctx.agentId = Promise.resolve("me");
  // @ts-expect-error: kinds of failures are words
  new ToolError(404, "not found");
}

export const route = defineRoute({
  path: "/items/:id",
  methods: ["GET", "POST"],
  auth: "none",
  handle(request, ctx) {
    is<PluginRequest>()(request);
    is<Context>()(ctx);
    is<Readonly<Record<string, string>>>()(request.params);
    is<unknown>()(request.json());
    return new Response("text");
  },
});
// @ts-expect-error: no such method
defineRoute({ path: "/", methods: ["FETCH"], handle: () => 1 });
// @ts-expect-error: of three kinds
defineRoute({ path: "/", auth: "public", handle: () => 1 });

export const plugin = definePlugin({
  routes: { route },
  secrets: { token: { label: "Token" } },
  config: [
    {
      title: "General",
      fields: [configField.text("city", "City"), configField.toggle("on", "On", { default: true })],
    },
  ],
  onConfigChanged({ key, value }, ctx) {
    is<string>()(key);
    is<string>()(value);
    is<Context>()(ctx);
  },
  onTaskEvent(event) {
    is<string>()(event.taskId);
    if (event.type === "completed") is<abi.TaskCompletedEvent>()(event.payload);
    // @ts-expect-error: no such event
    if (event.type === "finished") return;
  },
  onArtifact: (artifact) => is<Artifact>()(artifact),
});
// @ts-expect-error: a toggle is on or off
configField.toggle("on", "On", { default: "yes" });

export async function tests(): Promise<void> {
  const host = new TestHost(plugin, { config: { city: "Oslo" } });
  is<unknown>()(await host.call("tool", {}));
}

serve(plugin);
