/** The plugin's own page: what is new, by topic, with the latest digest. Text in, HTML out. */

import type { FollowedFeed, KeptArticle } from "./store";
import { STYLE } from "./style";

/** What the page shows. */
export interface View {
  readonly articles: readonly KeptArticle[];
  readonly feeds: readonly FollowedFeed[];
  readonly counts: readonly { topic: string; articles: number }[];
  readonly digest: { text: string; made: string } | undefined;
  /** The topic that was chosen. */
  readonly topic: string | undefined;
  /** The agent in the page's address, which its links must keep. */
  readonly agent: string | undefined;
}

/** The whole page. */
export function render(view: View): string {
  const { articles, feeds, digest } = view;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Feeds</title>
<style>${STYLE}</style>
<body>
<header><h1>Feeds</h1><p>${count(articles.length, "article")} from ${count(feeds.length, "feed")}</p></header>
<nav aria-label="Topics">${topics(view)}</nav>
<main>
${digest ? digestBox(digest) : ""}
${articles.map(articleBox).join("\n") || EMPTY}
</main>
<footer><h2>Followed</h2><ul>${feeds.map(feedLine).join("")}</ul></footer>
</body>
</html>
`;
}

const EMPTY = `<p class="empty">Nothing here yet. Ask your agent to follow a feed:
<q>Follow https://example.com/feed.xml</q></p>`;

function topics({ counts, topic, agent }: View): string {
  const all = counts.reduce((sum, one) => sum + one.articles, 0);
  const link = (name: string, number: number, value?: string): string => {
    const query = new URLSearchParams({
      ...(value ? { topic: value } : {}),
      ...(agent ? { osr_agent: agent } : {}),
    });
    const current = value === topic ? ' aria-current="page"' : "";
    return `<a href="?${escapeHtml(String(query))}"${current}>${escapeHtml(name)} <small>${number}</small></a>`;
  };
  return [link("All", all), ...counts.map((one) => link(one.topic, one.articles, one.topic))].join(
    "\n",
  );
}

function digestBox({ text, made }: { text: string; made: string }): string {
  return `<section class="digest"><h2>Digest <small>${day(made)}</small></h2><p>${escapeHtml(text)}</p></section>`;
}

function articleBox({ title, link, text, feedTitle, topic, published }: KeptArticle): string {
  const name = link
    ? `<a href="${escapeHtml(link)}" rel="noreferrer">${escapeHtml(title)}</a>`
    : escapeHtml(title);
  const date = published
    ? `<time datetime="${escapeHtml(published)}">${day(published)}</time>`
    : "";
  return `<article style="--hue: ${hue(topic)}">
<p class="meta"><span class="topic">${escapeHtml(topic)}</span><span>${escapeHtml(feedTitle)}</span>${date}</p>
<h2>${name}</h2>
<p>${escapeHtml(shorten(text, 280))}</p>
</article>`;
}

function feedLine({ title, site, secret }: FollowedFeed): string {
  const name = site
    ? `<a href="${escapeHtml(site)}" rel="noreferrer">${escapeHtml(title)}</a>`
    : escapeHtml(title);
  return `<li>${name}${secret ? ' <span class="live">live</span>' : ""}</li>`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function day(iso: string): string {
  return new Date(iso).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });
}

/** Each topic keeps its colour, whatever topics there are. */
function hue(topic: string): number {
  return [...topic].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360, 7);
}

function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, text.lastIndexOf(" ", most - 1))} …`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
