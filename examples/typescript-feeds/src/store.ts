/**
 * The plugin's own SQLite file: feeds, articles and digests, each agent its own. Knows nothing of
 * models and pages.
 */

import type { Context } from "osaurus-plugin";
import type { Article } from "./parse";

const VERSION = 1;
const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS feeds (
    id INTEGER PRIMARY KEY, agent TEXT NOT NULL, url TEXT NOT NULL, title TEXT NOT NULL, site TEXT NOT NULL,
    hub TEXT NOT NULL, etag TEXT, secret TEXT, UNIQUE (agent, url))`,
  `CREATE TABLE IF NOT EXISTS articles (
    id INTEGER PRIMARY KEY, feed INTEGER NOT NULL REFERENCES feeds ON DELETE CASCADE, key TEXT NOT NULL,
    title TEXT NOT NULL, link TEXT NOT NULL, text TEXT NOT NULL, published TEXT NOT NULL, topic TEXT NOT NULL,
    meaning TEXT NOT NULL, UNIQUE (feed, key))`,
  `CREATE TABLE IF NOT EXISTS digests (
    task TEXT PRIMARY KEY, agent TEXT NOT NULL, text TEXT NOT NULL, made TEXT NOT NULL)`,
  `PRAGMA user_version = ${VERSION}`,
];

/** A feed that is followed. */
export interface FollowedFeed {
  readonly id: number;
  readonly url: string;
  readonly title: string;
  readonly site: string;
  readonly hub: string;
  /** What the site calls the version that we have. */
  readonly etag: string | null;
  /** What signs the messages of the hub, once it was asked for them. */
  readonly secret: string | null;
}

/** An article that is kept. */
export interface KeptArticle extends Article {
  readonly id: number;
  readonly feedTitle: string;
  readonly topic: string;
}

/** An article with what its models said about it. */
export interface SortedArticle extends Article {
  readonly topic: string;
  readonly meaning: readonly number[];
}

const COLUMNS = "a.id, a.key, a.title, a.link, a.text, a.published, a.topic, f.title AS feedTitle";
const OF_AGENT = "FROM articles a JOIN feeds f ON f.id = a.feed WHERE f.agent = ?";

/** What the calling agent has. */
export class Store {
  readonly #ctx: Context;
  readonly #agent: string;

  private constructor(ctx: Context, agent: string) {
    this.#ctx = ctx;
    this.#agent = agent;
  }

  /** Opens it; makes the tables on first use. */
  static async open(ctx: Context): Promise<Store> {
    if ((await ctx.db.scalar("PRAGMA user_version")) !== VERSION) {
      for (const statement of SCHEMA) await ctx.db.execute(statement);
    }
    return new Store(ctx, (await ctx.agentId) ?? "");
  }

  /** All feeds by title. */
  async feeds(): Promise<FollowedFeed[]> {
    return this.#ctx.db.query<FollowedFeed>(
      "SELECT * FROM feeds WHERE agent = ? ORDER BY title, id",
      [this.#agent],
    );
  }

  /** One feed, if this agent follows it. */
  async feed(id: number): Promise<FollowedFeed | undefined> {
    return this.#ctx.db.first<FollowedFeed>("SELECT * FROM feeds WHERE agent = ? AND id = ?", [
      this.#agent,
      id,
    ]);
  }

  /** Adds a feed, or finds the one of this address. */
  async follow(url: string): Promise<FollowedFeed> {
    await this.#ctx.db.execute(
      "INSERT INTO feeds (agent, url, title, site, hub) VALUES (?, ?, ?, '', '') ON CONFLICT DO NOTHING",
      [this.#agent, url, url],
    );
    const sql = "SELECT * FROM feeds WHERE agent = ? AND url = ?";
    const feed = await this.#ctx.db.first<FollowedFeed>(sql, [this.#agent, url]);
    if (feed === undefined) throw new Error(`the feed ${url} was deleted while it was added`);
    return feed;
  }

  /** Forgets a feed and its articles. */
  async unfollow(id: number): Promise<boolean> {
    const { changes } = await this.#ctx.db.execute("DELETE FROM feeds WHERE agent = ? AND id = ?", [
      this.#agent,
      id,
    ]);
    return changes > 0;
  }

  /** Notes what a feed says about itself. */
  async describe(
    id: number,
    feed: { title: string; site: string; hub: string },
    etag: string | null,
  ): Promise<void> {
    const sql =
      "UPDATE feeds SET title = ?, site = ?, hub = ?, etag = ? WHERE agent = ? AND id = ?";
    await this.#ctx.db.execute(sql, [feed.title, feed.site, feed.hub, etag, this.#agent, id]);
  }

  /** Notes what will sign the messages of a feed's hub. */
  async expectPushes(id: number, secret: string): Promise<void> {
    await this.#ctx.db.execute("UPDATE feeds SET secret = ? WHERE agent = ? AND id = ?", [
      secret,
      this.#agent,
      id,
    ]);
  }

  /** Those of a feed's articles that are not kept yet. */
  async unknown(feed: number, articles: readonly Article[]): Promise<Article[]> {
    const rows = await this.#ctx.db.query<{ key: string }>(
      "SELECT key FROM articles WHERE feed = ?",
      [feed],
    );
    const knownKeys = new Set(rows.map(({ key }) => key));
    return articles.filter(({ key }) => !knownKeys.has(key));
  }

  /** Keeps an article of a feed. */
  async keep(feed: number, article: SortedArticle): Promise<void> {
    const { key, title, link, text, published, topic, meaning } = article;
    await this.#ctx.db.execute(
      `INSERT INTO articles (feed, key, title, link, text, published, topic, meaning)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      [feed, key, title, link, text, published, topic, meaning],
    );
  }

  /** The newest articles, of one topic if it is given. */
  async latest(limit: number, topic?: string): Promise<KeptArticle[]> {
    const only = topic === undefined ? "" : " AND a.topic = ?";
    const values = topic === undefined ? [this.#agent, limit] : [this.#agent, topic, limit];
    const sql = `SELECT ${COLUMNS} ${OF_AGENT}${only} ORDER BY a.published DESC, a.id DESC LIMIT ?`;
    return this.#ctx.db.query<KeptArticle>(sql, values);
  }

  /** How many articles there are of each topic. */
  async counts(): Promise<{ topic: string; articles: number }[]> {
    const sql = `SELECT a.topic, count(*) AS articles ${OF_AGENT} GROUP BY a.topic ORDER BY articles DESC, a.topic`;
    return this.#ctx.db.query(sql, [this.#agent]);
  }

  /** Every article with its vector. */
  async meanings(): Promise<(KeptArticle & { meaning: number[] })[]> {
    const sql = `SELECT ${COLUMNS}, a.meaning ${OF_AGENT}`;
    const rows = await this.#ctx.db.query<KeptArticle & { meaning: string }>(sql, [this.#agent]);
    return rows.map((row) => ({ ...row, meaning: JSON.parse(row.meaning) as number[] }));
  }

  /** Keeps the digest that a task wrote. */
  async keepDigest(task: string, text: string): Promise<void> {
    await this.#ctx.db.execute(
      "INSERT OR REPLACE INTO digests (task, agent, text, made) VALUES (?, ?, ?, ?)",
      [task, this.#agent, text, new Date().toISOString()],
    );
  }

  /** The newest digest. */
  async digest(): Promise<{ text: string; made: string } | undefined> {
    return this.#ctx.db.first(
      "SELECT text, made FROM digests WHERE agent = ? ORDER BY made DESC LIMIT 1",
      [this.#agent],
    );
  }
}
