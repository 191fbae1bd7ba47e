/** Feeds for the tests, and a host that gets them from a site which is not there. */

import { TestHost } from "osaurus-plugin/testing";
import plugin from "../src/main";

export const NEWS = "https://news.example.com/feed.xml";

/** An RSS feed with articles of these titles. */
export function rss(...titles: string[]): string {
  const items = titles.map(
    (
      title,
    ) => `<item><title>${title}</title><guid>urn:${title}</guid><link>https://news.example.com/${title.length}</link>
      <description><![CDATA[<p>All about <b>${title}</b> &amp; more.</p>]]></description>
      <pubDate>Tue, 24 Nov 2026 08:00:00 GMT</pubDate></item>`,
  );
  return `<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>News</title>
    <link>https://news.example.com/</link><atom:link rel="hub" href="https://hub.example.com/"/>${items.join("")}</channel></rss>`;
}

/** Tests that store something need a Node with SQLite. */
export const sqlite = {
  skip: !process.getBuiltinModule("node:sqlite") && "needs Node 22.16 or later, for its SQLite",
};

interface Asked {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A host whose model sorts by the word "space", with a site that serves `pages`. */
export function hostWith(pages: Record<string, string>): TestHost {
  const host = new TestHost(plugin, { secrets: { private_token: "t0ken" } });
  host.answer("http_request", (request) => {
    const { url, headers } = request as Asked;
    const body = pages[url];
    if (body === undefined) return { status: 404, headers: {}, body: "" };
    const etag = `"${body.length}"`;
    return headers?.["if-none-match"] === etag
      ? { status: 304, headers: {} }
      : { status: 200, headers: { etag }, body };
  });
  host.answer("embed", (request) => {
    const { input } = request as { input: string[] };
    return {
      data: input.map((text, index) => ({ index, embedding: [/space/i.test(text) ? 1 : 0, 1] })),
    };
  });
  host.answer("complete", (request) => {
    const { messages } = request as { messages: { content: string }[] };
    const text = /space/i.test(messages.at(-1)?.content ?? "") ? "Science." : "No idea.";
    return { choices: [{ message: { role: "assistant", content: text } }] };
  });
  return host;
}
