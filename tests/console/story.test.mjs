// The console in a real browser: an author's story, clicked from beginning to end. Needs Chromium and `make build-tests`.
// Screenshots go to target/console, to be looked at.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, afterEach, before, test } from "node:test";
import { chromium } from "playwright-core";
import { Dev } from "./dev.mjs";

const ROOT = new URL("../..", import.meta.url).pathname;
const SHOTS = `${ROOT}target/console`;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let dev, browser, page;
const problems = [];

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  dev = new Dev();
  await dev.line("loaded in");
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  browser = await chromium.launch({ executablePath, args: QUIET });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    const { url } = message.location();
    // The browser asks for an icon on its own, for pages that name one, too, when the machine is busy.
    const isWrong = message.type() === "error" && !url.endsWith("/favicon.ico");
    if (isWrong) problems.push(`${message.text()} ${url}`);
  });
  await page.goto(await dev.url());
});

after(async () => {
  await browser?.close();
  await dev?.stop();
});

afterEach(async (context) => {
  if (!context.passed) await page.screenshot({ path: `${SHOTS}/failed.png` });
});

const open = (view) => page.click(`[data-view=${view}]`);
const see = (text, options) => page.getByText(text, options).first().waitFor();

/** No rule of axe is broken. Its script comes by the debugger, so that the page's own policy stays in force. */
async function accessible(view) {
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: AXE });
  const { result } = await session.send("Runtime.evaluate", {
    expression:
      "axe.run().then((found) => JSON.stringify(found.violations.map((one) => [one.id, one.nodes.map((node) => node.html)])))",
    awaitPromise: true,
    returnByValue: true,
  });
  assert.equal(result.value, "[]", `axe on ${view}`);
}

test("a tool is called, and its host calls are there", async () => {
  const card = page.locator("section[aria-label=greet]");
  await card.getByLabel("name *").fill("Ada");
  await card.getByLabel("times").fill("2");
  await card.getByRole("button", { name: "Call greet" }).click();
  await card.getByText("Hello Ada. Hello Ada.").waitFor();
  await card.getByRole("button", { name: "config_get" }).first().waitFor();
  await page.screenshot({ path: `${SHOTS}/tools.png` });
  await accessible("tools");
});

test("arguments that the schema refuses come back as the envelope says", async () => {
  const card = page.locator("section[aria-label=greet]");
  await card.getByLabel("times").fill("many");
  await card.getByRole("button", { name: "Call greet" }).click();
  await card.getByText("invalid_args").waitFor();
});

test("a route is tried", async () => {
  await open("routes");
  const card = page.locator("section[aria-label=hello]");
  await card.getByLabel("Method").selectOption("POST");
  await card.getByLabel("Body").fill("a body");
  await card.getByRole("button", { name: "Send to hello" }).click();
  await card.getByText('"body": "a body"').waitFor();
  await accessible("routes");
});

test("a page for owners opens with agent and access key, and its files and requests work", async () => {
  await open("routes");
  const opened = page.context().waitForEvent("page");
  await page.getByRole("link", { name: "Open with agent and access key" }).click();
  const owned = await opened;
  await owned.getByText("1 guests").waitFor();
  assert.match(owned.url(), /\/plugins\/dev\.test\.console\/ui\?osr_agent=/);
  assert.ok(!owned.url().includes("token"), "the token is not in the address bar");
  await owned.screenshot({ path: `${SHOTS}/owner.png` });
  await owned.close();
});

test("a page of another port drives neither the console nor the owner's pages", async () => {
  const stranger = await page.context().newPage();
  const server = await page.evaluate(async () => (await (await fetch("/api/state")).json()).server);
  const pages = await page.evaluate(async () => (await (await fetch("/api/state")).json()).pages);
  await stranger.goto(`${server}/`);
  const targets = [
    `${new URL(page.url()).origin}/api/state`,
    `${new URL(pages).origin}/plugins/dev.test.console/guests`,
  ];
  for (const target of targets) {
    const answer = stranger.waitForResponse(target);
    await stranger.evaluate(
      (url) => fetch(url, { mode: "no-cors", credentials: "include" }),
      target,
    );
    assert.equal((await answer).status(), 403, target);
  }
  await stranger.close();
});

test("a setting is saved, and the next call has it", async () => {
  await open("settings");
  await page.getByLabel("How to greet").fill("Good evening");
  await page.getByRole("button", { name: "Save" }).click();
  await see("Saved.");
  await accessible("settings");
  await open("tools");
  const card = page.locator("section[aria-label=greet]");
  await card.getByLabel("name *").fill("Bob");
  await card.getByRole("button", { name: "Call greet" }).click();
  await card.getByText("Good evening Bob.").waitFor();
});

test("a task event is sent and heard", async () => {
  await open("tasks");
  await page.getByLabel("Kind").selectOption("4");
  await page.getByRole("button", { name: "Send" }).click();
  await dev.line("heard completed");
  await accessible("tasks");
});

test("the log is filtered by a structured field", async () => {
  await open("log");
  await page.getByLabel("Filter").fill("person=Bob");
  await see(/^1 of /);
  await accessible("log");
});

test("the database shows what the tools wrote", async () => {
  await open("database");
  await page.getByRole("cell", { name: "Ada" }).waitFor();
  await page.getByRole("cell", { name: "Bob" }).waitFor();
  await see("rows 1 to 2");
  await accessible("database");
});

test("the view of models and the manifest are there", async () => {
  await open("models");
  await see("Loaded on demand", { exact: false });
  await accessible("models");
  await open("plugin");
  await see("Console story", { exact: false });
  await accessible("plugin");
});

test("an edit that does not build shows its error, and the next good one its tools", async () => {
  await open("tools");
  dev.edit("times: int = 1) -> str", "times: int = 1 -> str");
  await see("SyntaxError", { exact: false });
  dev.edit("times: int = 1 -> str", "times: int = 1) -> str");
  await see("last good version", { exact: false });
  dev.edit("def read_often", "def read_many");
  await page.locator("section[aria-label=read_many]").waitFor();
});

test("ten thousand host calls stay usable", async () => {
  const card = page.locator("section[aria-label=read_many]");
  await card.getByLabel("count *").fill("10000");
  await card.getByRole("button", { name: "Call read_many" }).click();
  await card.getByText("10000").first().waitFor();
  await open("tools");
  const shown = performance.now();
  await open("timeline");
  await page.locator(".line").first().waitFor();
  const paint = performance.now() - shown;
  const filter = await page.evaluate(async () => {
    const input = document.querySelector("input[type=search]");
    input.value = "greet";
    const began = performance.now();
    input.dispatchEvent(new Event("input"));
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
  });
  console.log(
    `timeline of 10,000 calls: first paint ${paint.toFixed(0)} ms, filter ${filter.toFixed(0)} ms`,
  );
  await see(/^\d+ of 1\d{4}$/);
  assert.ok((await page.locator(".line").count()) < 100, "only the lines in sight are in the page");
  await page.locator(".line").first().click();
  await see("Request", { exact: true });
  await page.screenshot({ path: `${SHOTS}/timeline.png` });
  await accessible("timeline");
});

test("it fits a phone, and the dark", async () => {
  await page.setViewportSize({ width: 380, height: 760 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 380, `the page is ${width} wide`);
  await page.screenshot({ path: `${SHOTS}/phone.png` });
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: "dark" });
  await open("tools");
  await page.screenshot({ path: `${SHOTS}/dark.png` });
  await accessible("dark");
});

test("the tabs are used by keyboard", async () => {
  await page.locator("[data-view=tools]").focus();
  await page.keyboard.press("ArrowRight");
  await page.locator("[data-view=routes][aria-selected=true]").waitFor();
});

test("nothing went wrong in the page", () => assert.deepEqual(problems, []));
