// The page: its state, its tabs, and what it hears from the program. The views know nothing of each other.

import * as database from "./database.js";
import { h } from "./dom.js";
import * as log from "./log.js";
import * as models from "./models.js";
import { get } from "./requests.js";
import * as routes from "./routes.js";
import * as settings from "./settings.js";
import * as tasks from "./tasks.js";
import * as timeline from "./timeline.js";
import * as tools from "./tools.js";

/** Records that are kept, as in the program. */
const KEPT = 20_000;

const VIEWS = {
  tools: ["Tools", tools.view],
  routes: ["Routes", routes.view],
  settings: ["Settings", settings.view],
  tasks: ["Tasks", tasks.view],
  database: ["Database", database.view],
  timeline: ["Timeline", timeline.view],
  log: ["Log", log.view],
  models: ["Model view", models.view],
  plugin: ["Plugin", about],
};

const app = {
  state: { plugins: [], agents: [], questions: [], warnings: [], server: "", event_kinds: [] },
  agent: "",
  calls: [],
  lines: [],
  onCalls: null,
  onLines: null,
  chosenCall: null,
  say,
  refresh,
  /** Shows a call in the timeline. */
  showCall(call) {
    app.chosenCall = app.calls.find((one) => one.seq === call.seq) ?? call;
    show("timeline");
  },
};

const status = document.querySelector("#status");
const agents = document.querySelector("#agent");
const tabs = document.querySelector("#tabs");
const main = document.querySelector("#view");

function say(text, failed = false) {
  status.textContent = text;
  status.className = failed ? "failed" : "";
}

function current() {
  const name = location.hash.slice(1);
  return name in VIEWS ? name : "tools";
}

function show(name) {
  if (current() === name && location.hash) draw();
  else location.hash = name;
}

function draw() {
  const name = current();
  [app.onCalls, app.onLines] = [null, null];
  for (const tab of tabs.children) {
    const chosen = tab.dataset.view === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  main.replaceChildren(VIEWS[name][1](app));
}

function about() {
  const cards = app.state.plugins.map((plugin) =>
    h(
      "section",
      { class: "card", "aria-label": plugin.id },
      h("h2", {}, `${plugin.manifest.name ?? plugin.id} ${plugin.manifest.version ?? ""}`),
      h("p", { class: "quiet" }, plugin.manifest.description ?? ""),
      h("p", {}, "ABI ", String(plugin.abi), ", ", h("code", {}, plugin.path)),
      h("h3", {}, "Manifest"),
      h("pre", { tabindex: "0" }, JSON.stringify(plugin.manifest, null, 2)),
    ),
  );
  const warnings = app.state.warnings.map((text) => h("li", { class: "warn" }, text));
  return h(
    "div",
    {},
    ...(warnings.length ? [h("ul", {}, ...warnings)] : []),
    ...(cards.length ? cards : [h("p", {}, "No plugin is loaded.")]),
  );
}

async function refresh() {
  app.state = await get("state");
  const known = app.state.agents.some((agent) => agent.id === app.agent);
  if (!known) app.agent = app.state.agents[0]?.id ?? "";
  agents.replaceChildren(
    ...app.state.agents.map((agent) => h("option", { value: agent.id }, agent.name)),
  );
  agents.value = app.agent;
}

/** What the views are drawn from, but for where it came from. */
function shape() {
  return JSON.stringify(app.state.plugins.map((plugin) => [plugin.manifest, plugin.task_events]));
}

function keep(list, more) {
  list.push(...more);
  if (list.length > KEPT) list.splice(0, list.length - KEPT);
}

let waiting = false;
/** At most once a frame, however much comes. */
function later(update) {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    update();
  });
}

function follow() {
  const stream = new EventSource("/api/stream");
  let number = -1;
  stream.addEventListener("open", () => {
    [app.calls, app.lines] = [[], []];
  });
  stream.addEventListener("calls", (event) => {
    keep(app.calls, JSON.parse(event.data));
    later(() => app.onCalls?.());
  });
  stream.addEventListener("lines", (event) => {
    keep(app.lines, JSON.parse(event.data));
    later(() => app.onLines?.());
  });
  stream.addEventListener("status", async (event) => {
    const built = JSON.parse(event.data);
    say(built.message, built.failed);
    if (built.number === number || built.failed) return;
    number = built.number;
    const before = shape();
    await refresh();
    // What is being written or read stays where it can.
    if (shape() !== before) draw();
  });
  stream.addEventListener("error", () =>
    say("The program does not answer; is osaurus-bridge dev still running?", true),
  );
}

function keys(event) {
  const names = Object.keys(VIEWS);
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step) {
    const next = names[(names.indexOf(current()) + step + names.length) % names.length];
    show(next);
    tabs.querySelector(`[data-view=${next}]`).focus();
  }
}

for (const [name, [title]] of Object.entries(VIEWS)) {
  const tab = h(
    "button",
    { type: "button", role: "tab", "aria-controls": "view", onclick: () => show(name) },
    title,
  );
  tab.dataset.view = name;
  tabs.append(tab);
}
tabs.addEventListener("keydown", keys);
agents.addEventListener("change", () => {
  app.agent = agents.value;
  draw();
});
addEventListener("hashchange", draw);
await refresh();
draw();
follow();
