// Builds elements. Text goes in as text, never as HTML: nothing that a plugin says becomes part of the page.

/** An element: `h("button", { type: "button", onclick }, "Call")`. Attributes that are null or false are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** JSON on several lines where it is JSON, else the text. Digits are kept: objects of the text are never made anew. */
export function pretty(text) {
  if (text === null || text === undefined) return "";
  try {
    const value = JSON.parse(text);
    return /\d{16}/.test(text) ? text : JSON.stringify(value, null, 2);
  } catch {
    return text;
  }
}

/** A block of text with a heading. */
export function block(title, text, kind = "") {
  return h("div", {}, h("h3", {}, title), h("pre", { class: kind, tabindex: "0" }, pretty(text)));
}

/** Microseconds for people. */
export function duration(microseconds) {
  if (microseconds < 1000) return `${microseconds} µs`;
  if (microseconds < 1e6) return `${(microseconds / 1000).toFixed(1)} ms`;
  return `${(microseconds / 1e6).toFixed(2)} s`;
}

/** The time of day, to the millisecond. */
export function clock(milliseconds) {
  const date = new Date(milliseconds);
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
