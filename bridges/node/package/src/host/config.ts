/** `ctx.config`: settings of this plugin for the calling agent, kept in the keychain. */

import { type HostCalls, LIMIT_CONFIG_VALUE_BYTES } from "../generated.js";
import { requireText } from "./replies.js";

const YES = new Set(["true", "1", "yes", "on"]);

/**
 * Settings. Values are text.
 *
 * @example
 * await ctx.config.set("color", "red");
 * assert.equal(await ctx.config.get("color"), "red");
 * assert.equal(await ctx.config.get("size", "small"), "small");
 */
export class Config {
  readonly #host: HostCalls;

  constructor(host: HostCalls) {
    this.#host = host;
  }

  /** The value, or null when there is none (or the call has no chat agent). */
  get(key: string): Promise<string | null>;
  /** The value, or `fallback` when there is none. */
  get(key: string, fallback: string): Promise<string>;
  async get(key: string, fallback: string | null = null): Promise<string | null> {
    requireText("the key", key);
    return (await this.#host.configGet(key)) ?? fallback;
  }

  /** The value of a toggle. */
  async getBoolean(key: string, fallback = false): Promise<boolean> {
    const text = await this.get(key);
    return text ? YES.has(text.trim().toLowerCase()) : fallback;
  }

  /** The value of a number field. Throws TypeError when it is not a number. */
  async getNumber(key: string, fallback = 0): Promise<number> {
    const text = await this.get(key);
    if (text === null || !text.trim()) return fallback;
    const value = Number(text);
    if (Number.isNaN(value)) {
      throw new TypeError(`the setting "${key}" is not a number: ${JSON.stringify(text)}`);
    }
    return value;
  }

  /** Stores a value of at most 1 MiB. Ignored by the host without a chat agent. */
  async set(key: string, value: string): Promise<void> {
    requireText("the key", key);
    requireText(`the value of "${key}"`, value);
    const size = Buffer.byteLength(value);
    if (size > LIMIT_CONFIG_VALUE_BYTES) {
      throw new RangeError(
        `the value of "${key}" has ${size} bytes and the host drops more than ` +
          `${LIMIT_CONFIG_VALUE_BYTES}: keep large values in ctx.db`,
      );
    }
    await this.#host.configSet(key, value);
  }

  /** Removes a value. */
  async delete(key: string): Promise<void> {
    requireText("the key", key);
    await this.#host.configDelete(key);
  }
}
