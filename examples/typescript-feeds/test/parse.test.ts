// Feeds as they are in the wild.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFeed, readOpml } from "../src/parse";
import { rss } from "./site";

test("RSS: plain text, the hub, a date", () => {
  const feed = readFeed(rss("Space"));
  assert.deepEqual(feed, {
    title: "News",
    site: "https://news.example.com/",
    hub: "https://hub.example.com/",
    articles: [
      {
        key: "urn:Space",
        title: "Space",
        link: "https://news.example.com/5",
        text: "All about Space & more.",
        published: "2026-11-24T08:00:00.000Z",
      },
    ],
  });
});

test("Atom: the page's link among others, markup in a title, no link that runs code", () => {
  const feed =
    readFeed(`<feed xmlns="http://www.w3.org/2005/Atom"><title>A &amp; B</title><id>urn:a</id>
    <link rel="self" href="https://a.example/feed"/><link href="https://a.example/"/>
    <entry><id>urn:1</id><title type="html">&lt;em&gt;One&lt;/em&gt;</title><link rel="alternate" href="javascript:alert(1)"/>
    <content type="html">&lt;script&gt;x()&lt;/script&gt;words</content><updated>2026-11-24T08:00:00Z</updated></entry></feed>`);
  assert.deepEqual([feed.title, feed.site, feed.hub], ["A & B", "https://a.example/", ""]);
  const [article] = feed.articles;
  assert.ok(article);
  const { title, link, text } = article;
  assert.deepEqual({ title, link, text }, { title: "One", link: "", text: "words" });
});

test("RDF and JSON feeds", () => {
  const rdf =
    readFeed(`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>Old</title><link>https://o.example/</link></channel>
    <item rdf:about="urn:o"><title>Item</title><link>https://o.example/i</link><dc:date>2026-11-24T08:00:00Z</dc:date></item></rdf:RDF>`);
  assert.deepEqual([rdf.title, rdf.articles[0]?.published], ["Old", "2026-11-24T08:00:00.000Z"]);
  const json = readFeed(
    JSON.stringify({
      version: "https://jsonfeed.org/version/1.1",
      title: "J",
      items: [{ id: "1", content_html: "<p>No title</p>", url: "https://j.example/1" }],
    }),
  );
  assert.deepEqual(
    [json.title, json.articles[0]?.title, json.articles[0]?.published],
    ["J", "No title", ""],
  );
});

test("anything else is not a feed", () => {
  assert.throws(() => readFeed("<html><body>Not found</body></html>"), /Unrecognized feed format/);
});

test("OPML: feeds from all folders", () => {
  const text = `<opml version="2.0"><head/><body><outline text="Folder"><outline text="A" type="rss" xmlUrl="https://a.example/"/>
    </outline><outline text="B" type="rss" xmlUrl="https://b.example/"/></body></opml>`;
  assert.deepEqual(readOpml(text), ["https://a.example/", "https://b.example/"]);
});
