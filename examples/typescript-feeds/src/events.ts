/** What the host tells the plugin. */

import type { Artifact, ConfigChange, Context, TaskEvent } from "osaurus-plugin";
import { Store } from "./store";

/** The user changed a setting. */
export function onConfigChanged({ key, value }: ConfigChange, ctx: Context): void {
  ctx.log.info("setting changed", key === "private_token" ? { key } : { key, value });
}

/** A digest made progress; the finished one is kept. */
export async function onTaskEvent(event: TaskEvent, ctx: Context): Promise<void> {
  ctx.log.info(`digest: ${event.type}`, { task: event.taskId });
  if (event.type === "failed") ctx.log.error("no digest tonight", { why: event.payload.summary });
  if (event.type === "completed" && event.payload.output) {
    await (await Store.open(ctx)).keepDigest(event.taskId, event.payload.output);
  }
}

/** A model of this plugin's shared a file. */
export function onArtifact({ filename, host_path }: Artifact, ctx: Context): void {
  if (filename.endsWith(".opml"))
    ctx.log.info("import_opml can read this file", { path: host_path });
}
