// The view of tools: a form for each, the envelope of a call, its time and its host calls.

import { block, duration, h } from "./dom.js";
import { post } from "./requests.js";
import { form } from "./schema.js";

export function view(app) {
  const plugins = app.state.plugins.filter((plugin) => plugin.manifest.capabilities?.tools?.length);
  if (plugins.length === 0) return h("p", {}, "No tool is loaded.");
  return h(
    "div",
    {},
    ...plugins.flatMap((plugin) =>
      plugin.manifest.capabilities.tools.map((tool) => card(app, plugin, tool)),
    ),
  );
}

function card(app, plugin, tool) {
  const fields = form(tool.parameters);
  const answer = h("div", { "aria-live": "polite" });
  const button = h("button", { type: "submit", class: "main" }, `Call ${tool.id}`);
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      answer.replaceChildren(...(await call(app, plugin, tool, fields)));
    } catch (error) {
      answer.replaceChildren(h("p", { class: "bad" }, error.message));
    } finally {
      button.disabled = false;
    }
  };
  const element = h(
    "form",
    { onsubmit: submit },
    fields.element,
    h("div", { class: "row" }, button),
  );
  return h(
    "section",
    { class: "card", "aria-label": tool.id },
    h("h2", {}, tool.id),
    h("p", { class: "quiet" }, tool.description),
    h("div", { class: "columns" }, element, answer),
  );
}

async function call(app, plugin, tool, fields) {
  const request = { plugin: plugin.id, tool: tool.id, arguments: fields.value(), agent: app.agent };
  const answer = await post("call", request);
  const envelope = JSON.parse(answer.envelope);
  const failed = envelope.ok === false;
  const { calls } = answer;
  const said = failed
    ? h("strong", { class: "bad" }, "failed")
    : h("strong", { class: "good" }, "ok");
  return [
    h("p", {}, said, ` in ${answer.ms.toFixed(1)} ms, ${calls.length} host calls`),
    block("Envelope", answer.envelope),
    ...(calls.length ? [hostCalls(app, calls)] : []),
  ];
}

function hostCalls(app, calls) {
  const row = (one) =>
    h(
      "tr",
      {},
      h("td", {}, h("button", { type: "button", onclick: () => app.showCall(one) }, one.slot)),
      h("td", {}, String(one.status)),
      h("td", {}, duration(one.duration_us)),
    );
  const head = h(
    "tr",
    {},
    ...["Host call", "Status", "Time"].map((name) => h("th", { scope: "col" }, name)),
  );
  return h("table", {}, h("thead", {}, head), h("tbody", {}, ...calls.map(row)));
}
