/** What the user can set, and how the plugin reads it. */

import { type Context, configField, type SecretDefinition, type Section } from "osaurus-plugin";

/** As in package.json. */
export const ID = "dev.example.feeds";

const TOPICS = "Technology, Science, World, Culture";

export const config: readonly Section[] = [
  {
    title: "Reading",
    fields: [
      configField.text("topics", "Topics, separated by commas", { default: TOPICS }),
      configField.select(
        "style",
        "Briefings",
        [
          ["plain", "Plain"],
          ["cheerful", "Cheerful"],
        ],
        { default: "plain" },
      ),
    ],
  },
  {
    title: "A private site",
    fields: [configField.text("private_host", "Its name, such as news.example.com")],
  },
  {
    title: "Push",
    fields: [
      configField.readonly("push_address", "Address for hubs", {
        valueTemplate: "{{tunnel_url}}/plugins/{{plugin_id}}/push/",
        copyable: true,
      }),
    ],
  },
];

export const secrets: Readonly<Record<string, SecretDefinition>> = {
  private_token: {
    label: "Token of the private site",
    description: "Sent to the private site alone, as a bearer token.",
    required: false,
  },
};

/** The topics that articles are sorted into. */
export async function topics(ctx: Context): Promise<string[]> {
  const text = (await ctx.config.get("topics")) || TOPICS;
  return text
    .split(",")
    .map((topic) => topic.trim())
    .filter(Boolean);
}

/** Headers that a feed's own site asks for. Secrets reach tools alone, so other calls send none. */
export async function credentials(ctx: Context, url: string): Promise<Record<string, string>> {
  const token = ctx.secrets.find("private_token");
  const host = token && (await ctx.config.get("private_host"));
  return host && new URL(url).host === host ? { authorization: `Bearer ${token}` } : {};
}

/** Where the internet reaches this plugin, while the agent's tunnel is connected. */
export async function publicAddress(ctx: Context): Promise<string | undefined> {
  const tunnel = await ctx.config.get("tunnel_url");
  return tunnel ? `${tunnel}/plugins/${ID}` : undefined;
}
