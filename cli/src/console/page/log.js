// The view of the log: lines of the plugin and of the host, with structured fields to filter.

import { block, clock, h } from "./dom.js";
import { Rows } from "./rows.js";

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"];

export function view(app) {
  const search = h("input", {
    type: "search",
    placeholder: "Filter: words, or field=value",
    "aria-label": "Filter",
  });
  const level = h(
    "select",
    { "aria-label": "Least level" },
    ...LEVELS.map((name, number) => h("option", { value: String(number) }, name)),
  );
  const count = h("span", { class: "quiet", role: "status" });
  const detail = h("div", { "aria-live": "polite" });
  const rows = new Rows("Log lines", cells, (one) =>
    detail.replaceChildren(
      block("Message", one.message),
      ...(one.payload ? [block("Fields", one.payload)] : []),
    ),
  );

  function update() {
    const words = search.value.split(/\s+/).filter(Boolean);
    const wanted = (one) =>
      one.level >= Number(level.value) && words.every((word) => has(one, word));
    const shown = app.lines.filter(wanted);
    count.textContent = `${shown.length} of ${app.lines.length}`;
    rows.show(shown);
  }

  for (const input of [search, level]) input.addEventListener("input", update);
  app.onLines = update;
  requestAnimationFrame(update);
  return h("div", {}, h("div", { class: "row" }, search, level, count), rows.element, detail);
}

/** `field=value` looks into structured fields, any other word into the whole line. */
function has(one, word) {
  const [field, value] = word.split("=", 2);
  if (value !== undefined && one.payload) {
    one.fields ??= parsed(one.payload);
    if (field in one.fields) return String(one.fields[field]).includes(value);
  }
  one.searched ??= `${one.message} ${one.payload ?? ""} ${one.plugin}`.toLowerCase();
  return one.searched.includes(word.toLowerCase());
}

function parsed(payload) {
  try {
    return Object(JSON.parse(payload));
  } catch {
    return {};
  }
}

function cells(one) {
  const kind = one.level >= 4 ? "bad" : one.level === 3 ? "warn" : "quiet";
  return [
    h("span", { class: "w6 quiet narrow-off" }, clock(one.at_ms)),
    h("span", { class: `w4 ${kind}` }, one.label),
    h("span", { class: "wide" }, one.payload ? `${one.message} ${one.payload}` : one.message),
    h("span", { class: "w6 quiet narrow-off" }, one.from_host ? "host" : ""),
  ];
}
