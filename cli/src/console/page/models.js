// The view of models: what a model gets to see of the tools, and how large their schemas are beside the limits.

import { block, h } from "./dom.js";
import { get } from "./requests.js";

export function view(app) {
  const element = h("div", {}, h("p", { class: "quiet" }, "…"));
  get("model-view", { agent: app.agent }).then(
    (seen) => element.replaceChildren(...shown(seen)),
    (error) => element.replaceChildren(h("p", { class: "bad" }, error.message)),
  );
  return element;
}

function shown(seen) {
  const head = h(
    "section",
    { class: "card", "aria-label": "Chat" },
    h("h2", {}, `A chat with ${seen.model}`),
    h(
      "p",
      {},
      `Mode ${seen.mode}, prompt ${seen.prompt}. In the schema of the first turn: ${seen.schema.join(", ") || "no tool"}.`,
    ),
    ...(seen.section ? [block("Part of the system prompt", seen.section)] : []),
  );
  return [head, ...seen.plugins.map(group)];
}

function group(plugin) {
  const names = ["Tool", "First line", "Schema", "Skeleton", "Remarks"];
  const head = h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)));
  const row = (tool) =>
    h(
      "tr",
      {},
      h("td", {}, h("code", {}, tool.name)),
      h("td", {}, tool.first_line),
      h("td", {}, String(tool.schema_chars)),
      h("td", {}, String(tool.skeleton_chars)),
      h("td", { class: "warn" }, tool.remarks.join("; ")),
    );
  return h(
    "section",
    { class: "card", "aria-label": plugin.plugin },
    h("h2", {}, plugin.plugin),
    h(
      "p",
      {},
      `Loaded on demand as ${plugin.form}: ${plugin.full_chars} of ${plugin.limit} characters in full, ${plugin.skeleton_chars} as skeletons.`,
    ),
    h(
      "div",
      { class: "scroll" },
      h("table", {}, h("thead", {}, head), h("tbody", {}, ...plugin.tools.map(row))),
    ),
  );
}
