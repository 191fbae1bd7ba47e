// What a build learns of a plugin, and the messages for declarations that cannot work.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { z } from "zod";
import { configField, definePlugin, defineRoute, defineTool, type Plugin } from "../src/index.js";
import { describe as describePlugin } from "../src/manifest.js";
import type { Project } from "../src/project.js";
import { bundleText } from "./shim.js";

const project: Project = {
  path: "package.json",
  id: "dev.example.test",
  name: "test",
  version: "1.2.3",
  description: undefined,
  license: "MIT",
  authors: ["Ada <ada@example.com>"],
  homepage: undefined,
};

const greet = defineTool({
  description: "Greet.",
  permission: "auto",
  timeoutMs: 1500,
  input: z.object({ name: z.string().describe("Who."), often: z.int().max(3).default(1) }),
  run: ({ name }) => name,
});

describe("a description", () => {
  it("takes schemas of other libraries, and of those without a converter what is beside them", () => {
    const parameters = { type: "object", properties: { title: { type: "string" } } };
    const input = v.object({ title: v.string(), stars: v.optional(v.number(), 1) });
    const tools = {
      converted: defineTool({
        description: "With its converter.",
        input: toStandardJsonSchema(input),
        run: () => 1,
      }),
      beside: defineTool({ description: "By hand.", input, parameters, run: () => 1 }),
    };
    const { manifest } = describePlugin(definePlugin({ tools }), project);
    const [converted, beside] = manifest.capabilities?.tools ?? [];
    assert.deepEqual(converted?.parameters, {
      type: "object",
      properties: { title: { type: "string" }, stars: { type: "number", default: 1 } },
      required: ["title"],
      additionalProperties: false,
    });
    assert.deepEqual(beside?.parameters, { ...parameters, required: [] });
    const alone = defineTool({ description: "Alone.", input, run: () => 1 });
    assert.throws(
      () => describePlugin(definePlugin({ tools: { alone } }), project),
      /this valibot schema cannot give JSON Schema by itself/,
    );
  });

  it("has the manifest and how handlers run", () => {
    const plugin = definePlugin({
      name: "Test",
      tools: { greet },
      routes: {
        hook: defineRoute({
          path: "/hook",
          methods: ["POST"],
          auth: "verify",
          tunnelExposed: true,
          handle: () => 1,
        }),
      },
      secrets: { token: { label: "Token" } },
      config: [
        {
          title: "General",
          fields: [
            configField.text("city", "City", { required: true }),
            configField.toggle("on", "On"),
          ],
        },
      ],
      web: { auth: "none" },
      onArtifact() {},
      onConfigChanged() {},
    });
    const { manifest, tools, routes, handlers } = describePlugin(plugin, project);
    assert.deepEqual(manifest, {
      plugin_id: "dev.example.test",
      name: "Test",
      version: "1.2.3",
      authors: ["Ada <ada@example.com>"],
      license: "MIT",
      secrets: [{ id: "token", label: "Token", required: true }],
      capabilities: {
        tools: [
          {
            id: "greet",
            description: "Greet.",
            requirements: [],
            permission_policy: "auto",
            parameters: {
              type: "object",
              properties: {
                name: { type: "string", description: "Who." },
                often: { type: "integer", default: 1, maximum: 3 },
              },
              required: ["name"],
              additionalProperties: false,
            },
          },
        ],
        routes: [
          { id: "hook", path: "/hook", methods: ["POST"], auth: "verify", tunnel_exposed: true },
        ],
        config: {
          title: "Test",
          sections: [
            {
              title: "General",
              fields: [
                { key: "city", type: "text", label: "City", validation: { required: true } },
                { key: "on", type: "toggle", label: "On" },
              ],
            },
          ],
        },
        web: { static_dir: "web", entry: "index.html", mount: "/ui", auth: "none" },
        artifact_handler: true,
      },
    });
    assert.deepEqual(tools, { greet: { is_async: true, threads: false, timeout_ms: 1500 } });
    assert.deepEqual(routes, { hook: { is_async: true, threads: false } });
    assert.deepEqual(Object.keys(handlers), ["config", "artifact"]);
  });
});

const run = (): string => "";
const handle = run;

describe("a declaration that cannot work", () => {
  const cases: [string, () => Plugin, RegExp][] = [
    [
      "an id that models cannot call",
      () => definePlugin({ tools: { "a b": greet } }),
      /manifest\.test\.ts:\d+:\d+: tool "a b": its id must be 1 to 64/,
    ],
    [
      "no description",
      () => definePlugin({ tools: { t: defineTool({ description: " ", run }) } }),
      /tool "t": the model needs to know what it is for/,
    ],
    [
      "an input that is not an object",
      () =>
        definePlugin({ tools: { t: defineTool({ description: "T", input: z.string(), run }) } }),
      /its input must be an object, as models call tools; found "string"/,
    ],
    [
      "a type without JSON Schema",
      () =>
        definePlugin({
          tools: { t: defineTool({ description: "T", input: z.object({ a: z.bigint() }), run }) },
        }),
      /tool "t": the argument "a": z\.bigint\(\) takes a bigint/,
    ],
    [
      "a schema that cannot tell",
      () =>
        definePlugin({
          tools: {
            t: defineTool({
              description: "T",
              input: {
                "~standard": {
                  version: 1,
                  vendor: "tiny",
                  validate: (value: unknown) => ({ value }),
                },
              },
              run,
            }),
          },
        }),
      /this tiny schema cannot give JSON Schema by itself/,
    ],
    [
      "a reserved name",
      () =>
        definePlugin({
          tools: {
            t: defineTool({ description: "T", input: z.object({ _secrets: z.string() }), run }),
          },
        }),
      /the host uses the name "_secrets"; read ctx\.secrets/,
    ],
    [
      "a path with braces",
      () => definePlugin({ routes: { r: defineRoute({ path: "/{id}", handle }) } }),
      /route "r": write the parameters of "\/\{id\}" as ":name"/,
    ],
    [
      "a route under the web mount",
      () => definePlugin({ web: {}, routes: { r: defineRoute({ path: "/ui/x", handle }) } }),
      /is under the web mount "\/ui"/,
    ],
    [
      "two routes for one path",
      () =>
        definePlugin({
          routes: {
            a: defineRoute({ path: "/x", handle }),
            b: defineRoute({ path: "/x", handle }),
          },
        }),
      /GET \/x is answered by the route "a" at .*manifest\.test\.ts/,
    ],
    [
      "a setting that is never filled",
      () =>
        definePlugin({
          config: [
            { title: "A", fields: [configField.status("s", "S", { connectedWhen: "token" })] },
          ],
        }),
      /the setting "s": refers to the key "token", which no field declares/,
    ],
    [
      "a key that there is not",
      () => definePlugin({ onTaskEvents() {} } as never),
      /manifest\.test\.ts:\d+:\d+: definePlugin: "onTaskEvents" is none of its keys \(did you mean "onTaskEvent"\?\): id, name, /,
    ],
    [
      "a name that is not a string",
      () => definePlugin({ name: 5 as never }),
      /manifest\.test\.ts:\d+:\d+: definePlugin: name must be a string, not 5/,
    ],
    [
      "an event handler that is none",
      () => definePlugin({ onTaskEvent: {} as never }),
      /definePlugin: onTaskEvent must be a function, not an object/,
    ],
    [
      "tools without ids",
      () => definePlugin({ tools: [greet] as never }),
      /definePlugin: tools must be an object whose keys are the ids, not an array/,
    ],
    [
      "a tool that is a plain object",
      () => definePlugin({ tools: { t: { description: "T", run } as never } }),
      /definePlugin: tools\.t must be made with defineTool, not an object/,
    ],
    [
      "a route that is a plain object",
      () => definePlugin({ routes: { r: { path: "/", handle } as never } }),
      /definePlugin: routes\.r must be made with defineRoute, not an object/,
    ],
    [
      "a tool that does nothing",
      () => definePlugin({ tools: { t: defineTool({ description: "T" } as never) } }),
      /manifest\.test\.ts:\d+:\d+: defineTool: run must be a function, and is missing/,
    ],
    [
      "a route that does nothing",
      () => definePlugin({ routes: { r: defineRoute({ path: "/", handle: "x" as never }) } }),
      /manifest\.test\.ts:\d+:\d+: defineRoute: handle must be a function, not "x"/,
    ],
    [
      "nothing",
      () => definePlugin(undefined as never),
      /manifest\.test\.ts:\d+:\d+: definePlugin: it needs an object such as \{ tools: \{ \.\.\. \} \}, not undefined/,
    ],
    [
      "two ids",
      () => definePlugin({ id: "dev.example.other" }),
      /package\.json: id is "dev\.example\.test" here and "dev\.example\.other" in definePlugin/,
    ],
  ];
  for (const [name, make, message] of cases) {
    it(`is named: ${name}`, () => {
      assert.throws(() => describePlugin(make(), project), message);
    });
  }
});

describe("--osaurus-describe", () => {
  const describeBundle = (
    main: string,
  ): { status: number | null; stderr: string; file: string } => {
    const file = join(dirname(main), "description.json");
    writeFileSync(
      join(dirname(main), "package.json"),
      JSON.stringify({
        name: "x",
        version: "0.1.0",
        author: { name: "Ada" },
        osaurus: { id: "dev.example.x" },
      }),
    );
    const args = [
      "--enable-source-maps",
      main,
      "--osaurus-describe",
      file,
      "--project",
      join(dirname(main), "package.json"),
    ];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    return { status, stderr, file };
  };

  it("writes the description of a bundle", () => {
    const { status, stderr, file } = describeBundle(
      bundleText('import { definePlugin } from "osaurus-plugin"; export default definePlugin({});'),
    );
    assert.equal(status, 0, stderr);
    const { manifest } = JSON.parse(readFileSync(file, "utf8")) as { manifest: object };
    assert.deepEqual(manifest, {
      plugin_id: "dev.example.x",
      name: "x",
      version: "0.1.0",
      authors: ["Ada"],
      capabilities: {},
    });
  });

  it("fails with the author's line", () => {
    const text = `import { definePlugin, defineTool } from "osaurus-plugin";
export default definePlugin({
  tools: {
    t: defineTool({ description: "", run: () => "" }),
  },
});`;
    const { status, stderr } = describeBundle(bundleText(text));
    assert.equal(status, 1);
    assert.match(stderr, /plugin\.ts:4:\d+: tool "t": the model needs to know what it is for/);
  });
});
