// A form from the JSON Schema of a tool's arguments. What has no simple field is written as JSON.

import { h } from "./dom.js";

/** `{ element, value() }`: the form, and the arguments as they are in it. `value` throws where JSON is wrong. */
export function form(schema) {
  const properties = Object.entries(schema?.properties ?? {});
  const required = new Set(schema?.required ?? []);
  const fields = properties.map(([name, part]) => field(name, part ?? {}, required.has(name)));
  const nothing =
    fields.length === 0 ? [h("p", { class: "quiet" }, "This tool has no arguments.")] : [];
  return {
    element: h("div", {}, ...nothing, ...fields.map((one) => one.element)),
    value() {
      const entries = fields.map((one) => [one.name, one.value()]);
      return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
    },
  };
}

function field(name, part, isRequired) {
  const type = Array.isArray(part.type) ? part.type.find((one) => one !== "null") : part.type;
  if (part.enum) return choice(name, part, isRequired);
  if (type === "boolean") return toggle(name, part, isRequired);
  if (type === "integer" || type === "number") return number(name, part, isRequired);
  if (type === "string") return line(name, part, isRequired);
  return json(name, part, isRequired);
}

function labelled(name, part, isRequired, input) {
  const title = h("span", {}, name, isRequired ? " *" : "");
  const help = part.description ? [h("small", {}, part.description)] : [];
  return h("label", { class: "field" }, title, ...help, input);
}

function start(part) {
  return part.default === undefined || part.default === null ? "" : String(part.default);
}

function line(name, part, isRequired) {
  const isLong = (part.maxLength ?? 0) > 200;
  const input = isLong ? h("textarea", {}) : h("input", { type: "text" });
  input.value = start(part);
  const value = () => (input.value === "" && !isRequired ? undefined : input.value);
  return { name, element: labelled(name, part, isRequired, input), value };
}

function number(name, part, isRequired) {
  const input = h("input", { type: "text", inputmode: "decimal" });
  input.value = start(part);
  // What is not a number is sent as it was written: the plugin's answer to it is of interest.
  const value = () => {
    if (input.value.trim() === "") return undefined;
    const parsed = Number(input.value);
    return Number.isFinite(parsed) ? parsed : input.value;
  };
  return { name, element: labelled(name, part, isRequired, input), value };
}

function toggle(name, part, isRequired) {
  return choice(name, { ...part, enum: [true, false] }, isRequired);
}

function choice(name, part, isRequired) {
  const options = part.enum.filter((one) => one !== null);
  const input = h(
    "select",
    {},
    isRequired ? null : h("option", { value: "" }, "(not given)"),
    ...options.map((one, position) => h("option", { value: String(position) }, String(one))),
  );
  const preset = options.indexOf(part.default);
  if (preset >= 0) input.value = String(preset);
  const value = () => (input.value === "" ? undefined : options[Number(input.value)]);
  return { name, element: labelled(name, part, isRequired, input), value };
}

function json(name, part, isRequired) {
  const input = h("textarea", { spellcheck: "false", placeholder: "JSON" });
  input.value = part.default === undefined ? "" : JSON.stringify(part.default);
  const value = () => {
    if (input.value.trim() === "") return undefined;
    try {
      return JSON.parse(input.value);
    } catch (error) {
      throw new Error(`${name} is not JSON: ${error.message}`);
    }
  };
  return { name, element: labelled(name, part, isRequired, input), value };
}
