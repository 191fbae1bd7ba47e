// The view of the database: the tables of each plugin and their rows.

import { h } from "./dom.js";
import { get } from "./requests.js";

export function view(app) {
  return h("div", {}, ...app.state.plugins.map(card));
}

function card(plugin) {
  const table = h("select", { "aria-label": `Tables of ${plugin.id}` });
  const rows = h("div", { "aria-live": "polite" });
  let offset = 0;

  async function show() {
    if (!table.value) return;
    try {
      const found = await get("rows", { plugin: plugin.id, table: table.value, offset });
      rows.replaceChildren(grid(table.value, found), pages(found));
    } catch (error) {
      rows.replaceChildren(h("p", { class: "bad" }, error.message));
    }
  }

  function pages(found) {
    const go = (step) => () => {
      offset = Math.max(0, offset + step * found.page);
      show();
    };
    return h(
      "div",
      { class: "row" },
      h("button", { type: "button", disabled: offset === 0, onclick: go(-1) }, "Earlier rows"),
      h(
        "button",
        { type: "button", disabled: found.rows.length < found.page, onclick: go(1) },
        "Later rows",
      ),
      h("button", { type: "button", onclick: show }, "Read again"),
      h(
        "span",
        { class: "quiet" },
        found.rows.length ? `rows ${offset + 1} to ${offset + found.rows.length}` : "no rows",
      ),
    );
  }

  table.addEventListener("change", () => {
    offset = 0;
    show();
  });
  list(plugin, table, rows).then(show);
  return h(
    "section",
    { class: "card", "aria-label": plugin.id },
    h("h2", {}, plugin.id),
    h("div", { class: "row" }, table),
    rows,
  );
}

async function list(plugin, table, rows) {
  try {
    const found = await get("tables", { plugin: plugin.id });
    table.replaceChildren(
      ...found.rows.map(([name, type]) =>
        h("option", { value: name }, type === "view" ? `${name} (view)` : name),
      ),
    );
    if (found.rows.length === 0)
      rows.replaceChildren(h("p", { class: "quiet" }, "The plugin has no tables."));
  } catch (error) {
    rows.replaceChildren(h("p", { class: "bad" }, error.message));
  }
}

function grid(name, found) {
  const head = h("tr", {}, ...found.columns.map((column) => h("th", { scope: "col" }, column)));
  const row = (values) =>
    h(
      "tr",
      {},
      ...values.map((value) => h("td", value === null ? { class: "quiet" } : {}, shown(value))),
    );
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": name },
    h("table", {}, h("thead", {}, head), h("tbody", {}, ...found.rows.map(row))),
  );
}

function shown(value) {
  if (value === null) return "NULL";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
