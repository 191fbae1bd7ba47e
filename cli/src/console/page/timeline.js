// The view of calls: every call between host and plugin, by thread and frame, with request and answer.

import { block, clock, duration, h } from "./dom.js";
import { Rows } from "./rows.js";

const KINDS = { host_call: "plugin → host", plugin_call: "host → plugin", request: "request" };
/** Threads that get a lane of their own. */
const LANES = 8;

export function view(app) {
  const search = h("input", {
    type: "search",
    placeholder: "Filter: words of a path, request, answer, note",
    "aria-label": "Filter",
  });
  const kind = h(
    "select",
    { "aria-label": "Kind" },
    h("option", { value: "" }, "all"),
    ...Object.entries(KINDS).map(([value, name]) => h("option", { value }, name)),
  );
  const frame = h("input", {
    type: "text",
    inputmode: "numeric",
    placeholder: "frame",
    "aria-label": "Frame",
    size: 6,
  });
  frame.style.width = "6rem";
  const count = h("span", { class: "quiet", role: "status" });
  const lanes = h("canvas", { role: "img", "aria-label": "Calls by thread over time" });
  const detail = h(
    "div",
    { class: "card", "aria-live": "polite" },
    h("p", { class: "quiet" }, "Choose a call to see what was said."),
  );
  const rows = new Rows("Calls", cells, (one) =>
    detail.replaceChildren(...about(one, frame, update)),
  );

  function update() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = (one) =>
      (!kind.value || one.kind === kind.value) &&
      (!frame.value || String(one.frame) === frame.value) &&
      words.every((word) => searched(one).includes(word));
    const shown = app.calls.filter(wanted);
    count.textContent = `${shown.length} of ${app.calls.length}`;
    rows.show(shown);
    draw(lanes, shown);
  }

  for (const input of [search, kind, frame]) input.addEventListener("input", update);
  app.onCalls = update;
  requestAnimationFrame(() => {
    update();
    if (app.chosenCall) rows.select(app.chosenCall);
    app.chosenCall = null;
  });
  return h(
    "div",
    {},
    h("div", { class: "row" }, search, kind, frame, count),
    lanes,
    h("div", { class: "columns even" }, rows.element, detail),
  );
}

/** What the filter looks in; made once for each record. */
function searched(one) {
  one.searched ??=
    `${one.path} ${one.plugin} ${one.status} ${one.request} ${one.response ?? ""} ${one.notes.join(" ")}`.toLowerCase();
  return one.searched;
}

function cells(one) {
  const status =
    one.status >= 500 ? "bad" : one.status >= 400 || one.notes.length ? "warn" : "good";
  const inner = one.kind === "host_call" && one.frame ? "inner" : "";
  return [
    h("span", { class: "w6 quiet narrow-off" }, clock(one.started_ms)),
    h("span", { class: `wide ${inner}`, title: one.path }, one.path),
    h("span", { class: "w4 quiet narrow-off", title: "thread" }, `t${one.thread}`),
    h("span", { class: "w4 quiet narrow-off", title: "frame" }, one.frame ? `f${one.frame}` : ""),
    h("span", { class: `w4 ${status}` }, String(one.status)),
    h("span", { class: "w6 quiet" }, duration(one.duration_us)),
  ];
}

function about(one, frame, update) {
  const follow = () => {
    frame.value = String(one.frame);
    update();
  };
  const facts = [
    ["Kind", KINDS[one.kind]],
    ["Plugin", `${one.plugin || "none"} (found by ${one.resolved})`],
    ["Agent", one.agent ?? "none"],
    ["Thread, frame", `${one.thread}, ${one.frame || "none"}`],
    ["Began, took", `${clock(one.started_ms)}, ${duration(one.duration_us)}`],
    ["Status", String(one.status)],
  ];
  const list = facts.map(([name, value]) =>
    h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value)),
  );
  return [
    h("h2", {}, one.path),
    ...one.notes.map((note) => h("p", { class: "warn" }, note)),
    h("table", {}, h("tbody", {}, ...list)),
    one.frame
      ? h(
          "div",
          { class: "row" },
          h("button", { type: "button", onclick: follow }, "Show this frame alone"),
        )
      : null,
    block("Request", one.request),
    block("Answer", one.response ?? "(none)"),
  ];
}

/** A lane for each thread, a bar for each call. */
function draw(canvas, calls) {
  const scale = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  [canvas.width, canvas.height] = [width * scale, height * scale];
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  if (calls.length === 0) return;
  const seen = calls.slice(-2000);
  const threads = [...new Set(seen.map((one) => one.thread))].slice(-LANES);
  const from = Math.min(...seen.map((one) => one.started_ms));
  const to = Math.max(...seen.map((one) => one.started_ms + one.duration_us / 1000), from + 1);
  const colours = getComputedStyle(document.documentElement);
  const colour = (name) => resolve(colours.getPropertyValue(name));
  const [ink, accent, bad, quiet] = ["--ink", "--accent", "--bad", "--quiet"].map(colour);
  const lane = height / Math.max(threads.length, 1);
  for (const one of seen) {
    const row = threads.indexOf(one.thread);
    if (row < 0) continue;
    const x = ((one.started_ms - from) / (to - from)) * width;
    const long = Math.max(2, (one.duration_us / 1000 / (to - from)) * width);
    context.fillStyle = one.status >= 400 ? bad : one.kind === "host_call" ? accent : quiet;
    const half = one.kind === "host_call" ? lane / 2 : 0;
    context.fillRect(x, row * lane + half + 2, long, lane / 2 - 3);
  }
  context.fillStyle = ink;
  context.font = "11px system-ui";
  for (const [row, thread] of threads.entries()) context.fillText(`t${thread}`, 3, row * lane + 12);
}

/** `light-dark(a, b)` as a canvas can take it. */
function resolve(value) {
  const both = value.match(/light-dark\(([^,]+),([^)]+)\)/);
  if (!both) return value.trim();
  return (matchMedia("(prefers-color-scheme: dark)").matches ? both[2] : both[1]).trim();
}
