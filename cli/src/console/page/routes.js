// The view of routes and pages: requests to try, with the agent and the access key filled in.

import { block, h } from "./dom.js";
import { post } from "./requests.js";

export function view(app) {
  const cards = app.state.plugins.flatMap((plugin) => {
    const { routes = [], web } = plugin.manifest.capabilities ?? {};
    return [
      ...(web ? [pages(app, plugin, web)] : []),
      ...(routes ?? []).map((route) => card(app, plugin, route)),
    ];
  });
  return cards.length
    ? h("div", {}, ...cards)
    : h("p", {}, "The plugin has no routes and no pages.");
}

function pages(app, plugin, web) {
  const mount = (web.mount ?? "").replace(/^\/+|\/+$/g, "");
  const address = `/plugins/${plugin.id}/${mount}?osr_agent=${app.agent}`;
  return h(
    "section",
    { class: "card", "aria-label": "Pages" },
    h("h2", {}, "Pages"),
    h("p", {}, link(app, address, "Open with agent and access key")),
    web.auth === "owner"
      ? h("p", { class: "quiet" }, "Others are refused: the page is for owners.")
      : h("p", {}, tab(app.state.server + address, "Open as anyone on this machine")),
  );
}

/** An address of the plugin for its owner: a browser alone sends neither agent nor key. */
const link = (app, path, text) => tab(`${app.state.pages}&to=${encodeURIComponent(path)}`, text);

const tab = (href, text) => h("a", { href, target: "_blank", rel: "noreferrer" }, text);

function card(app, plugin, route) {
  const method = h(
    "select",
    {},
    ...route.methods.map((name) => h("option", {}, name.toUpperCase())),
  );
  const path = h("input", { type: "text", value: route.path });
  const body = h("textarea", { spellcheck: "false" });
  const headers = h("textarea", {
    spellcheck: "false",
    placeholder: "content-type: application/json",
  });
  const owner = h("input", { type: "checkbox", checked: route.auth === "owner" });
  const tunnel = h("input", { type: "checkbox" });
  const answer = h("div", { "aria-live": "polite" });
  const submit = async (event) => {
    event.preventDefault();
    const request = {
      plugin: plugin.id,
      agent: app.agent,
      method: method.value,
      path: path.value,
      headers: parse(headers.value),
      body: body.value,
      owner: owner.checked,
      tunnel: tunnel.checked,
    };
    try {
      answer.replaceChildren(...shown(await post("route", request)));
    } catch (error) {
      answer.replaceChildren(h("p", { class: "bad" }, error.message));
    }
  };
  const field = (name, input) => h("label", { class: "field" }, h("span", {}, name), input);
  const element = h(
    "form",
    { onsubmit: submit },
    field("Method", method),
    field("Path, with its query", path),
    field("Headers, one a line", headers),
    field("Body", body),
    h("label", { class: "check" }, owner, "with an access key"),
    h("label", { class: "check" }, tunnel, "through the tunnel"),
    h(
      "div",
      { class: "row" },
      h("button", { type: "submit", class: "main" }, `Send to ${route.id}`),
    ),
  );
  return h(
    "section",
    { class: "card", "aria-label": route.id },
    h("h2", {}, `${route.methods.join(" ").toUpperCase()} ${route.path}`),
    h(
      "p",
      { class: "quiet" },
      route.description ?? "",
      ` auth: ${route.auth} `,
      inBrowser(app, plugin, route),
    ),
    h("div", { class: "columns" }, element, answer),
  );
}

/** Routes that a browser can open by their address. */
function inBrowser(app, plugin, route) {
  const opens = route.methods.some((name) => name.toUpperCase() === "GET");
  const path = `/plugins/${plugin.id}/${route.path.replace(/^\/+/, "")}?osr_agent=${app.agent}`;
  return opens && !/[:*{]/.test(route.path) ? link(app, path, "Open in the browser") : "";
}

function parse(text) {
  const lines = text.split("\n").filter((line) => line.includes(":"));
  return lines.map((line) => [
    line.slice(0, line.indexOf(":")).trim(),
    line.slice(line.indexOf(":") + 1).trim(),
  ]);
}

function shown(answer) {
  const kind = answer.status >= 400 ? "bad" : "good";
  const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`);
  return [
    h(
      "p",
      {},
      h("strong", { class: kind }, String(answer.status)),
      ` in ${answer.ms.toFixed(1)} ms`,
    ),
    ...answer.notes.map((note) => h("p", { class: "warn" }, note)),
    block("Headers", headers.join("\n")),
    block(answer.base64 ? "Body, base64" : "Body", answer.body),
  ];
}
