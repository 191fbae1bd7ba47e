// A list of any length, of which only the lines in sight are in the page.

import { h } from "./dom.js";

const HEIGHT = 28;
const AHEAD = 10;

/** `draw(item)` makes the cells of a line; `choose(item)` is called when one is chosen. */
export class Rows {
  constructor(label, draw, choose) {
    this.draw = draw;
    this.choose = choose;
    this.items = [];
    this.chosen = null;
    this.space = h("div", { class: "space" });
    this.element = h(
      "div",
      { class: "rows", role: "group", "aria-label": label, tabindex: "0" },
      this.space,
    );
    this.element.addEventListener("scroll", () => this.paint());
    this.element.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.paint()).observe(this.element);
  }

  /** Shows other items; stays at the end where it is at the end. */
  show(items) {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    const atEnd = scrollTop + clientHeight >= scrollHeight - HEIGHT;
    this.items = items;
    this.space.style.height = `${items.length * HEIGHT}px`;
    if (atEnd) this.element.scrollTop = items.length * HEIGHT;
    this.paint();
  }

  paint() {
    const first = Math.max(0, Math.floor(this.element.scrollTop / HEIGHT) - AHEAD);
    const count = Math.ceil(this.element.clientHeight / HEIGHT) + 2 * AHEAD;
    const lines = this.items
      .slice(first, first + count)
      .map((item, offset) => this.line(item, first + offset));
    this.space.replaceChildren(...lines);
  }

  line(item, position) {
    const attributes = {
      type: "button",
      class: "line",
      tabindex: "-1",
      onclick: () => this.select(item),
    };
    if (item === this.chosen) attributes["aria-current"] = "true";
    const line = h("button", attributes, this.draw(item));
    line.style.top = `${position * HEIGHT}px`;
    return line;
  }

  select(item) {
    this.chosen = item;
    this.choose(item);
    this.paint();
  }

  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };
    if (!(event.key in steps) || this.items.length === 0) return;
    event.preventDefault();
    const at = this.items.indexOf(this.chosen);
    const next = Math.min(
      this.items.length - 1,
      Math.max(0, at < 0 ? this.items.length - 1 : at + steps[event.key]),
    );
    const top = next * HEIGHT;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    if (top + HEIGHT > scrollTop + clientHeight)
      this.element.scrollTop = top + HEIGHT - clientHeight;
    this.select(this.items[next]);
  }
}
