/** `ctx.secrets`: errors that help, and a printed form that shows no secret. */

import { inspect } from "node:util";
import { ToolError } from "./errors.js";

/**
 * Secrets by id.
 *
 * @example
 * assert.equal(ctx.secrets.get("api_key"), "hush");
 */
export class Secrets {
  readonly #values: Readonly<Record<string, string>>;

  constructor(values: Readonly<Record<string, string>>) {
    this.#values = values;
  }

  /**
   * The secret. Throws when the agent has none of this id; not caught, that ends a tool call with the
   * kind `unavailable`.
   */
  get(id: string): string {
    const value = this.find(id);
    if (value !== undefined) return value;
    throw new ToolError(
      "unavailable",
      `the secret "${id}" is not set for this agent: set it in Osaurus, in this plugin's settings. ` +
        `Tool calls get it when the plugin declares it in definePlugin({ secrets: { "${id}": ... } })`,
      { retryable: false },
    );
  }

  /** The secret, or undefined when the agent has none of this id. */
  find(id: string): string | undefined {
    return Object.hasOwn(this.#values, id) ? this.#values[id] : undefined;
  }

  /** Ids of the secrets that are set. */
  ids(): string[] {
    return Object.keys(this.#values);
  }

  toString(): string {
    return `Secrets(${this.ids().sort().join(", ")})`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
