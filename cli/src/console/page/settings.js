// The view of settings: the sheet as Osaurus renders it, with its checks.

import { h } from "./dom.js";
import { post } from "./requests.js";

export function view(app) {
  const cards = app.state.plugins
    .filter((plugin) => plugin.manifest.capabilities?.config)
    .map((plugin) => sheet(app, plugin));
  return cards.length ? h("div", {}, ...cards) : h("p", {}, "The plugin declares no settings.");
}

function sheet(app, plugin) {
  const config = plugin.manifest.capabilities.config;
  const stored = plugin.settings[app.agent] ?? {};
  const fields = [];
  const sections = config.sections.map((section) => {
    const made = section.fields.map((field) => control(field, stored[field.key]));
    fields.push(...made.filter((one) => one.value));
    return h("fieldset", {}, h("legend", {}, section.title), ...made.map((one) => one.element));
  });
  const said = h("p", { role: "status" });
  const submit = async (event) => {
    event.preventDefault();
    const changed = fields
      .map((one) => [one.key, one.value()])
      .filter(([, value]) => value !== undefined);
    try {
      await post("settings", {
        plugin: plugin.id,
        agent: app.agent,
        values: Object.fromEntries(changed),
      });
      said.className = "good";
      said.textContent = "Saved.";
      await app.refresh();
    } catch (error) {
      said.className = "bad";
      said.textContent = error.message;
    }
  };
  return h(
    "section",
    { class: "card", "aria-label": `Settings of ${plugin.id}` },
    h("h2", {}, config.title ?? `Settings of ${plugin.id}`),
    h(
      "form",
      { onsubmit: submit },
      ...sections,
      h("div", { class: "row" }, h("button", { class: "main" }, "Save")),
      said,
    ),
  );
}

/** `value()` gives what has to be saved; undefined where nothing was changed. */
function control(field, stored) {
  const text =
    stored ?? (field.default === undefined || field.default === null ? "" : form(field.default));
  switch (field.type) {
    case "toggle": {
      const input = h("input", { type: "checkbox", checked: text === "true" });
      return {
        key: field.key,
        element: h("label", { class: "check" }, input, field.label),
        value: () => String(input.checked),
      };
    }
    case "select": {
      const input = h(
        "select",
        {},
        ...(field.options ?? []).map((one) => h("option", { value: one.value }, one.label)),
      );
      input.value = text;
      return { key: field.key, element: labelled(field, input), value: () => input.value };
    }
    case "multiselect":
      return several(field, text);
    case "secret": {
      const input = h("input", {
        type: "password",
        autocomplete: "off",
        placeholder: stored ? "(stored)" : (field.placeholder ?? ""),
      });
      return {
        key: field.key,
        element: labelled(field, input),
        value: () => input.value || undefined,
      };
    }
    case "readonly":
    case "status":
      return {
        key: field.key,
        element: h(
          "p",
          {},
          h("strong", {}, field.label),
          ` ${stored ?? field.value_template ?? "not set"}`,
        ),
      };
    default: {
      const input = h("input", { type: "text", placeholder: field.placeholder ?? "" });
      input.value = text;
      return { key: field.key, element: labelled(field, input), value: () => input.value };
    }
  }
}

function several(field, text) {
  let chosen = [];
  try {
    chosen = JSON.parse(text || "[]");
  } catch {
    // A value from before the field was a list.
  }
  const boxes = (field.options ?? []).map((one) => ({
    one,
    input: h("input", { type: "checkbox", checked: chosen.includes(one.value) }),
  }));
  const element = h(
    "fieldset",
    {},
    h("legend", {}, field.label),
    ...boxes.map(({ one, input }) => h("label", { class: "check" }, input, one.label)),
  );
  const value = () =>
    JSON.stringify(boxes.filter(({ input }) => input.checked).map(({ one }) => one.value));
  return { key: field.key, element, value };
}

function form(value) {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function labelled(field, input) {
  return h("label", { class: "field" }, h("span", {}, field.label), input);
}
