/** What models are asked: which topic an article is about, and how near two meanings are. */

import { type Context, HostError } from "osaurus-plugin";
import type { Article } from "./parse";
import { topics } from "./settings";
import type { SortedArticle } from "./store";

/** The topic of what fits no other, or could not be sorted. */
export const OTHER = "Other";

/** Sorts new articles into topics and works out what they mean. */
export async function sort(ctx: Context, articles: readonly Article[]): Promise<SortedArticle[]> {
  if (articles.length === 0) return [];
  const allTopics = await topics(ctx);
  const meanings = await ctx.inference.embed(
    articles.map(({ title, text }) => `${title}\n${text}`),
  );
  const sorted: SortedArticle[] = [];
  // One after the other: a plugin may have two models at work, and other calls want one, too.
  for (const [at, article] of articles.entries()) {
    sorted.push({
      ...article,
      topic: await topicOf(ctx, article, allTopics),
      meaning: meanings[at] ?? [],
    });
  }
  return sorted;
}

async function topicOf(
  ctx: Context,
  { title, text }: Article,
  known: readonly string[],
): Promise<string> {
  const question = `Which of these topics fits the article best: ${known.join(", ")}? Answer with the topic alone.`;
  try {
    const answer = await ctx.inference.complete(`${title}\n${text.slice(0, 500)}`, {
      system: question,
      maxTokens: 8,
      temperature: 0,
    });
    const answerText = answer.text.toLowerCase();
    return known.find((topic) => answerText.includes(topic.toLowerCase())) ?? OTHER;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    ctx.log.warn("an article could not be sorted", { title, why: error.message });
    return OTHER;
  }
}

/** Cosine of the angle between two vectors: 1 means the same, 0 unrelated. */
export function nearness(a: readonly number[], b: readonly number[]): number {
  const lengths = Math.hypot(...a) * Math.hypot(...b);
  const product = a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  return lengths ? product / lengths : 0;
}
