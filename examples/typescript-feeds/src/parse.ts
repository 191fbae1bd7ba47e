/**
 * Feeds of all formats in one shape, and the addresses in an OPML file. Knows nothing of the host.
 */

import { decodeHTML } from "entities";
import { type Opml, parseFeed, parseOpml } from "feedsmith";

/** A feed as far as this plugin needs it. */
export interface Feed {
  readonly title: string;
  readonly site: string;
  /** Who tells followers at once (WebSub), where there is one. */
  readonly hub: string;
  readonly articles: readonly Article[];
}

/** One entry of a feed. Texts are plain, without markup. */
export interface Article {
  /** The same each time the feed is read. */
  readonly key: string;
  readonly title: string;
  readonly link: string;
  readonly text: string;
  /** ISO 8601, or empty where the feed does not say. */
  readonly published: string;
}

interface Link {
  readonly href?: string | undefined;
  readonly rel?: string | undefined;
}

/** With dates as the text that they are. */
const parse = (text: string) => parseFeed(text);
type Read<Format> = Extract<ReturnType<typeof parse>, { format: Format }>["feed"];

/** Reads RSS, Atom, RDF or JSON. Throws for anything else. */
export function readFeed(text: string): Feed {
  const { format, feed } = parse(text);
  switch (format) {
    case "atom":
      return fromAtom(feed);
    case "json":
      return fromJson(feed);
    case "rss":
      return fromRss(feed);
    case "rdf":
      return fromRdf(feed);
  }
}

function fromAtom({ title, links, entries = [] }: Read<"atom">): Feed {
  const articles = entries.map((entry) => {
    const text = entry.summary?.value ?? entry.content?.value;
    return article(
      entry.id,
      entry.title?.value,
      linkTo(entry.links),
      text,
      entry.published ?? entry.updated,
    );
  });
  return { title: plain(title?.value), site: linkTo(links), hub: linkTo(links, "hub"), articles };
}

function fromJson({ title, home_page_url, hubs, items = [] }: Read<"json">): Feed {
  const articles = items.map((item) => {
    const text = item.summary ?? item.content_text ?? item.content_html;
    return article(item.id, item.title, item.url, text, item.date_published);
  });
  const hub = hubs?.find(({ type }) => type?.toLowerCase() === "websub")?.url;
  return { title: plain(title), site: web(home_page_url), hub: web(hub), articles };
}

function fromRss({ title, link, atom, items = [] }: Read<"rss">): Feed {
  const articles = items.map((item) =>
    article(
      item.guid?.value,
      item.title,
      item.link,
      item.description,
      item.pubDate ?? item.dc?.dates?.[0],
    ),
  );
  return { title: plain(title), site: web(link), hub: linkTo(atom?.links, "hub"), articles };
}

function fromRdf({ title, link, atom, items = [] }: Read<"rdf">): Feed {
  const articles = items.map((item) =>
    article(item.rdf?.about, item.title, item.link, item.description, item.dc?.dates?.[0]),
  );
  return { title: plain(title), site: web(link), hub: linkTo(atom?.links, "hub"), articles };
}

function article(
  id: string | undefined,
  title: string | undefined,
  link: string | undefined,
  text: string | undefined,
  date: string | undefined,
): Article {
  const time = Date.parse(date ?? "");
  const published = Number.isNaN(time) ? "" : new Date(time).toISOString();
  const name = plain(title) || plain(text).slice(0, 80);
  return {
    key: id || link || name,
    title: name,
    link: web(link),
    text: plain(text).slice(0, 2000),
    published,
  };
}

/** The link of a kind; a link without one is the page itself. */
function linkTo(links: readonly Link[] | undefined, rel = "alternate"): string {
  return web(links?.find((link) => (link.rel ?? "alternate") === rel)?.href);
}

/** Pages show links, and a feed may say `javascript:`. */
function web(link: string | undefined): string {
  return link && /^https?:/i.test(link) ? link : "";
}

function plain(html: string | undefined): string {
  const words = (html ?? "").replace(/<(script|style)\b.*?<\/\1>/gis, " ").replace(/<[^>]*>/g, " ");
  return decodeHTML(words).replace(/\s+/g, " ").trim();
}

/** Addresses of the feeds in an OPML file, from all of its folders. Throws when it is none. */
export function readOpml(text: string): string[] {
  const within = (outline: Opml.Outline<string>): string[] => [
    ...(outline.xmlUrl ? [outline.xmlUrl] : []),
    ...(outline.outlines ?? []).flatMap(within),
  ];
  return (parseOpml(text).body?.outlines ?? []).flatMap(within);
}
