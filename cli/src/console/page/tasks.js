// The view of tasks: what the plugin dispatched and heard of it, questions to answer, events to send, files to share.

import { block, clock, h } from "./dom.js";
import { post } from "./requests.js";

export function view(app) {
  return h("div", {}, questions(app), events(app), send(app), share());
}

function questions(app) {
  const cards = app.state.questions.map((asked) => {
    const answer = h("input", { type: "text", value: asked.options[0] ?? "" });
    const reply = (event) => {
      event.preventDefault();
      act(app, "answer", { task: asked.task, answer: answer.value });
    };
    return h(
      "form",
      { onsubmit: reply },
      h(
        "label",
        { class: "field" },
        h("span", {}, asked.question),
        h("small", {}, asked.options.join(" | ")),
        answer,
      ),
      h("button", { class: "main" }, "Answer"),
    );
  });
  return card(
    "Questions",
    cards.length ? cards : [h("p", { class: "quiet" }, "No task waits for an answer.")],
  );
}

function events(app) {
  const heard = app.calls.filter((one) => one.slot === "on_task_event").slice(-100);
  const row = (one) =>
    h(
      "tr",
      {},
      h("td", {}, clock(one.started_ms)),
      h("td", {}, h("button", { type: "button", onclick: () => app.showCall(one) }, one.path)),
      h("td", {}, h("code", {}, one.request.slice(0, 300))),
    );
  const head = h(
    "tr",
    {},
    ...["Time", "Event", "Payload"].map((name) => h("th", { scope: "col" }, name)),
  );
  const table = h(
    "div",
    { class: "scroll" },
    h("table", {}, h("thead", {}, head), h("tbody", {}, ...heard.map(row))),
  );
  return card("Events", [
    heard.length ? table : h("p", { class: "quiet" }, "The plugin has heard of no task."),
  ]);
}

function send(app) {
  const plugin = app.state.plugins.find((one) => one.task_events);
  if (!plugin)
    return card("Send an event", [
      h("p", { class: "quiet" }, "The plugin has no handler for task events."),
    ]);
  const task = h("input", { type: "text", value: crypto.randomUUID() });
  const kind = h(
    "select",
    {},
    ...app.state.event_kinds.map((name, number) =>
      h("option", { value: String(number) }, `${number} ${name}`),
    ),
  );
  const payload = h("textarea", { spellcheck: "false" });
  payload.value = "{}";
  const submit = (event) => {
    event.preventDefault();
    try {
      const body = {
        plugin: plugin.id,
        agent: app.agent,
        task: task.value,
        kind: Number(kind.value),
        payload: JSON.parse(payload.value),
      };
      act(app, "event", body);
    } catch (error) {
      app.say(`The payload is not JSON: ${error.message}`, true);
    }
  };
  const field = (name, input) => h("label", { class: "field" }, h("span", {}, name), input);
  const form = h(
    "form",
    { onsubmit: submit },
    field("Task", task),
    field("Kind", kind),
    field("Payload", payload),
    h("button", { class: "main" }, "Send"),
  );
  return card("Send an event", [form]);
}

function share() {
  const path = h("input", { type: "text", placeholder: "/path/of/a/file" });
  const answer = h("div", { "aria-live": "polite" });
  const submit = async (event) => {
    event.preventDefault();
    try {
      answer.replaceChildren(
        block("Shared", JSON.stringify(await post("share", { path: path.value }))),
      );
    } catch (error) {
      answer.replaceChildren(h("p", { class: "bad" }, error.message));
    }
  };
  const form = h(
    "form",
    { onsubmit: submit },
    h("label", { class: "field" }, h("span", {}, "A file of this machine"), path),
    h("button", { class: "main" }, "Share"),
  );
  return card("Share an artifact", [form, answer]);
}

function card(title, children) {
  return h("section", { class: "card", "aria-label": title }, h("h2", {}, title), ...children);
}

async function act(app, name, body) {
  try {
    await post(name, body);
    await app.refresh();
  } catch (error) {
    app.say(error.message, true);
  }
}
