/** `ctx.secrets`: errors that help, and a printed form that shows no secret. */

import { inspect } from "node:util";

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

  /** The secret. Throws when the agent has none of this id. */
  get(id: string): string {
    const value = this.find(id);
    if (value !== undefined) return value;
    throw new Error(
      `no secret "${id}" is set for this agent: declare it in definePlugin({ secrets: { "${id}": ` +
        "... } }) and let the user fill it in",
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
