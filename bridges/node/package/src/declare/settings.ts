/** What the host asks the user for: settings, secrets; and where the plugin's web files are. */

import type { ConfigField, ConfigOption, ConfigSection, RouteAuth } from "../generated.js";

/** Values to choose from: strings, or `[value, label]` pairs. */
export type Choices = readonly (string | readonly [value: string, label: string])[];

interface TextRules {
  readonly default?: string;
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly pattern?: string;
  readonly patternHint?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

interface NumberRules {
  readonly default?: number;
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
}

interface StatusActions {
  /** Connected while this setting has a value. */
  readonly connectedWhen?: string;
  readonly connectRoute?: string;
  readonly connectType?: string;
  /** Settings that disconnecting clears. */
  readonly clearKeys?: readonly string[];
}

/** Drops what is undefined, at any depth, and objects that are empty then. */
function withoutUndefined<T extends object>(fields: T): T {
  const entries = Object.entries(fields).filter(
    ([, value]) => value !== undefined && value !== false,
  );
  return Object.fromEntries(entries) as T;
}

function nonEmpty<T extends object>(fields: T): T | undefined {
  const rules = withoutUndefined(fields);
  return Object.keys(rules).length > 0 ? rules : undefined;
}

function text(type: "text" | "secret", key: string, label: string, rules: TextRules): ConfigField {
  const { default: preset, placeholder, required, pattern } = rules;
  const validation = nonEmpty({
    required,
    pattern,
    pattern_hint: rules.patternHint,
    min_length: rules.minLength,
    max_length: rules.maxLength,
  });
  return withoutUndefined({
    key,
    type,
    label,
    default: preset,
    placeholder,
    validation,
  }) as ConfigField;
}

function options(choices: Choices): readonly ConfigOption[] {
  return choices.map((one) => {
    const [value, label] = typeof one === "string" ? [one, one] : one;
    return { value, label };
  });
}

/**
 * Settings of all kinds: `configField.text("key", "Label")`.
 *
 * @example
 * const fields = [
 *   configField.text("color", "Color", { default: "red" }),
 *   configField.toggle("loud", "Loud"),
 * ];
 * const plugin = definePlugin({ config: [{ title: "Look", fields }] });
 * assert.equal(plugin.definition.config?.length, 1);
 */
export const configField = {
  /** A line of text. */
  text: (key: string, label: string, rules: TextRules = {}): ConfigField =>
    text("text", key, label, rules),

  /** Text that is not shown. */
  secret: (key: string, label: string, rules: TextRules = {}): ConfigField =>
    text("secret", key, label, rules),

  /** On or off; read it with `ctx.config.getBoolean`. */
  toggle: (
    key: string,
    label: string,
    rules: { readonly default?: boolean } = {},
  ): ConfigField => ({
    key,
    type: "toggle",
    label,
    ...rules,
  }),

  /** A number; read it with `ctx.config.getNumber`. */
  number(key: string, label: string, rules: NumberRules = {}): ConfigField {
    const { default: preset, placeholder, required, minimum: min, maximum: max } = rules;
    const validation = nonEmpty({ required, min, max });
    return withoutUndefined({
      key,
      type: "number",
      label,
      default: preset,
      placeholder,
      validation,
    }) as ConfigField;
  },

  /** One of several values. */
  select(
    key: string,
    label: string,
    choices: Choices,
    rules: { readonly default?: string; readonly required?: boolean } = {},
  ): ConfigField {
    const validation = nonEmpty({ required: rules.required });
    const field = { key, type: "select", label, options: options(choices), default: rules.default };
    return withoutUndefined({ ...field, validation }) as ConfigField;
  },

  /** Several of several values; the stored text is a JSON array. */
  multiselect: (
    key: string,
    label: string,
    choices: Choices,
    rules: { readonly default?: readonly string[] } = {},
  ): ConfigField => ({ key, type: "multiselect", label, options: options(choices), ...rules }),

  /** Text to read or copy; the host fills `{{plugin_url}}`, `{{config.KEY}}` and so on in. */
  readonly: (
    key: string,
    label: string,
    rules: { readonly valueTemplate?: string; readonly copyable?: boolean } = {},
  ): ConfigField => {
    const { valueTemplate: value_template, copyable } = rules;
    return withoutUndefined({
      key,
      type: "readonly",
      label,
      value_template,
      copyable,
    }) as ConfigField;
  },

  /** Connected or not, with buttons. */
  status(key: string, label: string, actions: StatusActions = {}): ConfigField {
    const { connectedWhen: connected_when, connectType: type, connectRoute: url_route } = actions;
    const connect_action = nonEmpty({ type, url_route });
    const disconnect_action = actions.clearKeys && { clear_keys: actions.clearKeys };
    const field = { key, type: "status", label, connected_when, connect_action, disconnect_action };
    return withoutUndefined(field) as unknown as ConfigField;
  },
};

/** A section of the settings. */
export type Section = Pick<ConfigSection, "title" | "fields">;

/** A secret that the user fills in; tools read it as `ctx.secrets.get(id)`. */
export interface SecretDefinition {
  readonly label: string;
  readonly description?: string;
  /** Whether the plugin cannot work without it: true if left out. */
  readonly required?: boolean;
  /** Where the user gets it. */
  readonly url?: string;
}

/** Static files that the host serves. */
export interface WebDefinition {
  /** Folder of the package: "web" if left out. */
  readonly staticDir?: string;
  /** "index.html" if left out. */
  readonly entry?: string;
  /** "/ui" if left out. */
  readonly mount?: string;
  /** "owner" if left out. */
  readonly auth?: RouteAuth;
  readonly apiMount?: string;
  readonly tunnelExposed?: boolean;
}
