/** Feeds of all formats in one shape, and the addresses in an OPML file. Knows nothing of the host. */

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

/** Reads RSS, Atom, RDF or JSON. Throws for anything else. */
export function readFeed(text: string): Feed {
  const { format, feed } = parseFeed(text);
  switch (format) {
    case "atom": {
      const made = (feed.entries ?? []).map((entry) => {
        const text = entry.summary?.value ?? entry.content?.value;
        const date = entry.published ?? entry.updated;
        return article(entry.id, entry.title?.value, linkTo(entry.links), text, date);
      });
      return { title: plain(feed.title?.value), site: linkTo(feed.links), hub: linkTo(feed.links, "hub"), articles: made };
    }
    case "json": {
      const made = (feed.items ?? []).map((item) => {
        const text = item.summary ?? item.content_text ?? item.content_html;
        return article(item.id, item.title, item.url, text, item.date_published);
      });
      const hub = feed.hubs?.find(({ type }) => type?.toLowerCase() === "websub")?.url;
      return { title: plain(feed.title), site: feed.home_page_url ?? "", hub: hub ?? "", articles: made };
    }
    case "rss": {
      const made = (feed.items ?? []).map((item) =>
        article(item.guid?.value, item.title, item.link, item.description, item.pubDate ?? item.dc?.dates?.[0]),
      );
      const hub = linkTo(feed.atom?.links, "hub");
      return { title: plain(feed.title), site: feed.link ?? "", hub, articles: made };
    }
    case "rdf": {
      const made = (feed.items ?? []).map((item) =>
        article(item.rdf?.about, item.title, item.link, item.description, item.dc?.dates?.[0]),
      );
      return { title: plain(feed.title), site: feed.link ?? "", hub: linkTo(feed.atom?.links, "hub"), articles: made };
    }
  }
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
  return { key: id || link || name, title: name, link: web(link), text: plain(text).slice(0, 2000), published };
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
  return (parseOpml(text).body?.outlines ?? []).flatMap((outline) => within(outline as Opml.Outline<string>));
}
