// The plugin in the package's test host: no library, no Osaurus, the real database.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { abi } from "osaurus-plugin";
import { ToolFailure } from "osaurus-plugin/testing";
import { ID } from "../src/settings";
import { hostWith, NEWS, rss, sqlite } from "./site";

const { TaskEventType } = abi;

describe("feeds", sqlite, () => {
  it("are read once: what is known and what has not changed is left alone", async () => {
    const pages = { [NEWS]: rss("Space", "Bread") };
    const host = hostWith(pages);
    const added = await host.call("add_feed", { url: NEWS });
    assert.deepEqual(added, { id: 1, title: "News", url: NEWS, live: true, new_articles: 2 });
    const callsBefore = host.calls.length;
    assert.deepEqual(await host.call("refresh_feeds"), { feeds: 1, new_articles: 0 });
    assert.ok(
      !host.calls.slice(callsBefore).some(({ name }) => name === "embed"),
      "304: nothing to do",
    );
    pages[NEWS] = rss("New space", "Space", "Bread");
    assert.deepEqual(await host.call("refresh_feeds"), { feeds: 1, new_articles: 1 });
    assert.deepEqual(host.logs.at(-1), {
      level: "info",
      message: "feed read",
      fields: { feed: "News", articles: 3, new: 1 },
    });
  });

  it("are sorted into the user's topics and found by what they mean", async () => {
    const host = hostWith({ [NEWS]: rss("Space", "Bread") });
    await host.call("add_feed", { url: NEWS });
    const result = (await host.call("find_articles", { query: "space travel", limit: 1 })) as {
      title: string;
      topic: string;
    }[];
    assert.deepEqual(
      result.map(({ title, topic }) => [title, topic]),
      [["Space", "Science"]],
    );
    const latest = (await host.call("latest_articles", { topic: "Other" })) as { title: string }[];
    assert.deepEqual(
      latest.map(({ title }) => title),
      ["Bread"],
    );
  });

  it("are kept when the model is busy", async () => {
    const host = hostWith({ [NEWS]: rss("Space") });
    host.answer("complete", { error: "plugin_busy", message: "two are running", max_inflight: 2 });
    await host.call("add_feed", { url: NEWS });
    const [article] = (await host.call("latest_articles")) as { topic: string }[];
    assert.equal(article?.topic, "Other");
    const fields = { title: "Space", why: "two are running [plugin_busy]" };
    assert.deepEqual(host.logs[0], {
      level: "warn",
      message: "an article could not be sorted",
      fields,
    });
  });

  it("belong to the agent that follows them", async () => {
    const host = hostWith({ [NEWS]: rss("Space") });
    await host.call("add_feed", { url: NEWS });
    host.agentId = "22222222-2222-3333-4444-555555555555";
    assert.deepEqual(await host.call("list_feeds"), []);
    assert.equal((await host.envelope("remove_feed", { feed: 1 }))["kind"], "not_found");
  });

  it("that are not feeds leave nothing stored and say what was expected", async () => {
    const host = hostWith({ [NEWS]: "<html>Not here</html>" });
    const failure = await host.call("add_feed", { url: NEWS }).catch((error: unknown) => error);
    assert.ok(failure instanceof ToolFailure);
    assert.equal(failure.envelope["field"], "url");
    assert.match(
      failure.message,
      /^invalid_args: there is no feed at https:.*: Unrecognized feed format$/,
    );
    assert.deepEqual(await host.call("list_feeds"), []);
  });

  it("come from an OPML file, and one dead site does not stop the others", async () => {
    const host = hostWith({ [NEWS]: rss("Space") });
    const outline = (url: string): string => `<outline text="x" type="rss" xmlUrl="${url}"/>`;
    const opml = `<opml version="2.0"><body>${outline("https://dead.example.com/")}${outline(NEWS)}</body></opml>`;
    host.answer("file_read", { data: btoa(opml), size: opml.length, mime_type: "text/x-opml" });
    const envelope = await host.envelope("import_opml", { path: "/artifacts/feeds.opml" });
    assert.deepEqual(envelope["result"], { feeds: 2, new_articles: 1 });
    assert.deepEqual(envelope["warnings"], ["https://dead.example.com/ answered with status 404"]);
  });

  it("of a private site get its token, others do not", async () => {
    const host = hostWith({});
    host.config.set("private_host", "news.example.com");
    for (const url of [NEWS, "https://other.example.com/"])
      await host.envelope("add_feed", { url });
    const prompts = host.calls
      .filter(({ name }) => name === "http_request")
      .map(({ args }) => args[0]);
    const tokens = prompts.map(
      (request) => (request as { headers?: Record<string, string> }).headers?.["authorization"],
    );
    assert.deepEqual(tokens, ["Bearer t0ken", undefined]);
  });
});

describe("a briefing", sqlite, () => {
  it("is streamed, in the user's style, and stops the model after its words", async () => {
    const host = hostWith({ [NEWS]: rss("Space") });
    host.config.set("style", "cheerful");
    await host.call("add_feed", { url: NEWS });
    host.answerStream(["Great ", "news ", "from ", "space ", "and ", "more."]);
    const whole = await host.call("briefing");
    assert.deepEqual(whole, {
      briefing: "Great news from space and more.",
      articles: 1,
      stopped_early: false,
    });
    const short = (await host.call("briefing", { max_words: 5 })) as {
      briefing: string;
      stopped_early: boolean;
    };
    assert.deepEqual([short.briefing, short.stopped_early], ["Great news from space and", true]);
    assert.match(
      JSON.stringify(host.calls.find(({ name }) => name === "complete_stream")),
      /cheerful way/,
    );
  });
});

describe("a digest", sqlite, () => {
  it("is written by a task and shown on the page", async () => {
    const host = hostWith({ [NEWS]: rss("Space <1>".replace("<", "&lt;")) });
    await host.call("add_feed", { url: NEWS });
    const id = "0A0A0A0A-0000-4000-8000-000000000000";
    host.answer("dispatch", { id, status: "running" });
    host.answer("send_draft", null);
    host.answer("list_active_tasks", { tasks: [{ id, status: "running" }] });
    assert.deepEqual(await host.call("plan_digest"), { task: id, active: [id] });
    await host.taskEvent(id, TaskEventType.Completed, {
      success: true,
      title: "Nightly digest",
      output: "All <quiet>.",
    });
    const page = await host.request("GET", "/", { query: { topic: "", osr_agent: "A" } });
    assert.equal(page.status, 200);
    for (const part of [
      "All &#60;quiet&#62;.",
      "Space &#60;1&#62;",
      '?topic=Science&#38;osr_agent=A"',
    ]) {
      assert.ok(page.body?.includes(part), `${part} is not in ${page.body}`);
    }
    assert.ok(!page.body?.includes("<quiet>"), "what feeds say is text");
  });

  it("is stopped when the user has had enough", async () => {
    const host = hostWith({});
    for (const name of ["dispatch_interrupt", "dispatch_cancel"]) host.answer(name, null);
    host.answer("task_status", { id: "T", status: "cancelled" });
    assert.deepEqual(await host.call("digest_status", { task: "T", stop: true }), {
      status: "cancelled",
    });
    assert.deepEqual(
      host.calls.map(({ name }) => name),
      ["dispatch_interrupt", "dispatch_cancel", "task_status"],
    );
  });
});

describe("a hub", sqlite, () => {
  it("is asked through the tunnel, confirmed, and believed by its signature alone", async () => {
    const host = hostWith({ [NEWS]: rss("Space"), "https://hub.example.com/": "" });
    await host.call("add_feed", { url: NEWS });
    assert.equal((await host.envelope("follow_live", { feed: 1 }))["kind"], "unavailable");
    host.config.set("tunnel_url", "https://ada.example.net");
    const { sends_to } = (await host.call("follow_live", { feed: 1 })) as { sends_to: string };
    assert.equal(sends_to, `https://ada.example.net/plugins/${ID}/push/1`);
    const subscription = host.calls.at(-1)?.args[0] as { body: string } | undefined;
    const form = new URLSearchParams(subscription?.body);
    const query = { "hub.mode": "subscribe", "hub.topic": NEWS, "hub.challenge": "echo me" };
    assert.equal((await host.request("GET", "/push/1", { query })).body, "echo me");
    assert.equal(
      (await host.request("GET", "/push/1", { query: { ...query, "hub.topic": "other" } })).status,
      404,
    );

    const body = rss("Sent at once", "Space");
    const signed = createHmac("sha256", form.get("hub.secret") ?? "")
      .update(body)
      .digest("hex");
    const send = (signature: string): Promise<{ status: number }> =>
      host.request("POST", "/push/1", { body, headers: { "X-Hub-Signature": signature } });
    assert.deepEqual(
      [
        (await send("")).status,
        (await send(`sha256=${"0".repeat(64)}`)).status,
        (await send(`sha256=${signed}`)).status,
      ],
      [403, 403, 202],
    );
    const articles = JSON.parse((await host.request("GET", "/articles")).body ?? "") as {
      title: string;
    }[];
    assert.deepEqual(articles.map(({ title }) => title).sort(), ["Sent at once", "Space"]);
  });
});

it("tells changed settings to the log, but no token", async () => {
  const host = hostWith({});
  await host.configChanged("style", "plain");
  await host.configChanged("private_token", "hush");
  assert.deepEqual(
    host.logs.map(({ fields }) => fields),
    [{ key: "style", value: "plain" }, { key: "private_token" }],
  );
});
