// The behaviour table's probe in TypeScript; README.md beside this folder says what it does.
import {
  abi,
  configField,
  definePlugin,
  defineRoute,
  defineTool,
  HttpError,
  ToolError,
} from "osaurus-plugin";
import { z } from "zod";

const events: string[] = [];
const slots = new Map(
  Object.entries(abi.HostSlot).map(([name, slot]) => [
    name.replace(/\B[A-Z]/g, "_$&").toLowerCase(),
    slot,
  ]),
);

const call = defineTool({
  description: "Calls a function of the host.",
  permission: "auto",
  input: z.object({
    function: z.string(),
    arguments: z.array(z.union([z.string(), z.number(), z.null()])).nullish(),
    cancel: z.string().nullish(),
  }),
  async run({ function: name, arguments: given, cancel }, ctx) {
    const slot = slots.get(name);
    if (slot === undefined) throw new ToolError("not_found", "this SDK does not know the function");
    if (slot !== abi.HostSlot.CompleteStream)
      return { answer: await ctx.raw.call(slot, given ?? []), chunks: [] };
    const chunks: string[] = [];
    const onChunk = (chunk: string) => chunks.push(chunk) < 2 || !cancel;
    return { answer: await ctx.raw.stream(slot, given ?? [], onChunk), chunks };
  },
});

const echo = defineTool({
  description: "Says it again.",
  permission: "auto",
  input: z.object({ text: z.string() }),
  run: ({ text }) => ({ text }),
});

const refuse = defineTool({
  description: "Fails.",
  permission: "auto",
  run() {
    throw new ToolError("not_found", "nothing has that name");
  },
});

const seen = defineTool({
  description: "Lists the events so far.",
  permission: "auto",
  run: () => ({ events }),
});

const thing = defineRoute({
  path: "/things/:name",
  methods: ["GET", "POST"],
  handle(request) {
    const { method, params, query, headers } = request;
    const body = {
      method,
      name: params["name"],
      q: query["q"] ?? "",
      header: headers["x-test"] ?? "",
    };
    return new Response(JSON.stringify(body), { status: 201, headers: { "X-Probe": "yes" } });
  },
});

const broken = defineRoute({
  path: "/broken",
  handle() {
    throw new HttpError(500, "broken");
  },
});

export default definePlugin({
  name: "Probe",
  description: "Does what the behaviour table asks for.",
  tools: { call, echo, refuse, seen },
  routes: { thing, broken },
  config: [{ title: "Probe", fields: [configField.text("colour", "Colour")] }],
  onConfigChanged({ key, value }) {
    events.push(`config ${key}=${value}`);
  },
  onTaskEvent({ type, taskId, payload }) {
    const names = new Map(
      Object.entries(abi.TaskEventType).map(([name, number]) => [name.toLowerCase(), number]),
    );
    events.push(`task ${names.get(type)} ${taskId} ${JSON.stringify(payload)}`);
  },
});
