/**
 * Feeds that are followed, sorted and summed up: a plugin for Osaurus. What it offers is in
 * `tools/` and `routes.ts`.
 */

import { definePlugin } from "osaurus-plugin";
import { onArtifact, onConfigChanged, onTaskEvent } from "./events";
import { routes } from "./routes";
import { config, ID, secrets } from "./settings";
import * as digest from "./tools/digest";
import * as reading from "./tools/reading";
import * as subscriptions from "./tools/subscriptions";

export default definePlugin({
  id: ID,
  name: "Feeds",
  instructions:
    "Use find_articles before you answer questions about the news that the user follows.",
  config,
  secrets,
  tools: { ...subscriptions.tools, ...reading.tools, ...digest.tools },
  routes,
  onConfigChanged,
  onTaskEvent,
  onArtifact,
});
