/** The manifest of a plugin, checked by the host's own rules, and how its handlers run. */

import { posix } from "node:path";
import { misdeclared } from "./declare/location.js";
import type { Plugin } from "./declare/plugin.js";
import { type Route, routeManifest } from "./declare/route.js";
import type { WebDefinition } from "./declare/settings.js";
import { checkShape } from "./declare/shape.js";
import { toolManifest } from "./declare/tool.js";
import { DeclarationError } from "./errors.js";
import type {
  Capabilities,
  Manifest,
  ManifestConfig,
  ManifestSecret,
  ManifestWeb,
} from "./generated.js";
import type { Project } from "./project.js";

/** How one handler runs, as the shim's settings have it. */
export interface HandlerSettings {
  readonly is_async: true;
  readonly threads: false;
  readonly timeout_ms?: number;
}

/** What a build learns of a plugin. */
export interface Description {
  readonly manifest: Manifest;
  readonly tools: Readonly<Record<string, HandlerSettings>>;
  readonly routes: Readonly<Record<string, HandlerSettings>>;
  readonly handlers: Readonly<Record<string, HandlerSettings>>;
  /** What the build should tell the author. */
  readonly warnings: readonly string[];
}

const DOES_NOTHING =
  "the plugin declares no tool, no route, no settings and no page: it does nothing";

/** Describes a plugin. Throws DeclarationError, with the place where that is known. */
export function describe(plugin: Plugin, project: Project): Description {
  checkShape(plugin);
  const { definition } = plugin;
  const names = {
    config: "onConfigChanged",
    task: "onTaskEvent",
    artifact: "onArtifact",
    unload: "onUnload",
  } as const;
  const present = Object.entries(names).filter(
    ([short, name]) =>
      definition[name] !== undefined || (short === "unload" && plugin.included.length > 0),
  );
  const document = manifest(plugin, project);
  return {
    manifest: document,
    warnings: Object.keys(document.capabilities).length === 0 ? [DOES_NOTHING] : [],
    tools: settings(plugin.tools),
    routes: settings(plugin.routes),
    handlers: Object.fromEntries(present.map(([short]) => [short, handler(undefined)])),
  };
}

function settings(
  handlers: ReadonlyMap<string, { readonly timeoutMs?: number | undefined }>,
): Record<string, HandlerSettings> {
  return Object.fromEntries([...handlers].map(([id, one]) => [id, handler(one.timeoutMs)]));
}

function handler(timeoutMs: number | undefined): HandlerSettings {
  const timeout = timeoutMs === undefined ? {} : { timeout_ms: Math.max(1, Math.round(timeoutMs)) };
  return { is_async: true, threads: false, ...timeout };
}

/** The manifest. */
export function manifest(plugin: Plugin, project: Project): Manifest {
  const { definition } = plugin;
  const document = {
    plugin_id: agree(project, "id", definition.id, project.id) ?? "",
    name: definition.name ?? project.name,
    version: agree(project, "version", definition.version, project.version),
    description: definition.description ?? project.description,
    authors: nonEmpty(definition.authors ?? project.authors),
    license: definition.license ?? project.license,
    instructions: definition.instructions,
    min_macos: definition.minMacos,
    min_osaurus: definition.minOsaurus,
    secrets: nonEmpty(secrets(plugin)),
    docs: docs(plugin, project),
  };
  const entries = Object.entries(document).filter(([, value]) => value);
  const head = Object.fromEntries(entries) as Partial<Manifest>;
  check(plugin, project, head);
  return { ...head, plugin_id: document.plugin_id, capabilities: capabilities(plugin) };
}

function nonEmpty<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length > 0 ? items : undefined;
}

/** The value that definePlugin and package.json agree on. */
function agree(
  project: Project,
  what: string,
  declared: string | undefined,
  configured: string | undefined,
): string | undefined {
  if (declared && configured && declared !== configured) {
    throw new DeclarationError(
      `${project.path}: ${what} is "${configured}" here and "${declared}" in definePlugin; ` +
        "remove one of them",
    );
  }
  return configured ?? declared;
}

function secrets(plugin: Plugin): ManifestSecret[] {
  return Object.entries(plugin.secrets).map(([id, secret]) => ({
    id,
    label: secret.label,
    required: secret.required ?? true,
    ...(secret.description ? { description: secret.description } : {}),
    ...(secret.url ? { url: secret.url } : {}),
  }));
}

function docs(plugin: Plugin, project: Project): Manifest["docs"] | undefined {
  const { readme, changelog, links } = plugin.definition;
  const home = project.homepage ? [{ label: "Homepage", url: project.homepage }] : [];
  const capabilities = {
    ...(readme ? { readme } : {}),
    ...(changelog ? { changelog } : {}),
    ...((links ?? home).length > 0 ? { links: links ?? home } : {}),
  };
  return Object.keys(capabilities).length > 0 ? capabilities : undefined;
}

function capabilities(plugin: Plugin): Capabilities {
  const tools = [...plugin.tools].map(([id, tool]) => toolManifest(id, tool));
  const routes = [...plugin.routes].map(([id, route]) => routeManifest(id, route));
  const web = plugin.definition.web && webManifest(plugin.definition.web);
  checkRoutes(plugin, web);
  const config = configManifest(plugin);
  return {
    ...(tools.length > 0 ? { tools } : {}),
    ...(routes.length > 0 ? { routes } : {}),
    ...(config ? { config } : {}),
    ...(web ? { web } : {}),
    ...(plugin.definition.onArtifact ? { artifact_handler: true } : {}),
  };
}

function configManifest(plugin: Plugin): ManifestConfig | undefined {
  const { config, configTitle, name } = plugin.definition;
  if (!config || config.length === 0) return undefined;
  checkFields(plugin);
  const title = configTitle ?? name;
  return { ...(title ? { title } : {}), sections: config };
}

function webManifest(web: WebDefinition): ManifestWeb {
  return {
    static_dir: web.staticDir ?? "web",
    entry: web.entry ?? "index.html",
    mount: posix.join("/", web.mount ?? "/ui").replace(/(?<=.)\/$/, ""),
    auth: web.auth ?? "owner",
    ...(web.apiMount ? { api_mount: web.apiMount } : {}),
    ...(web.tunnelExposed ? { tunnel_exposed: true } : {}),
  };
}

const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[\w.-]+)?(\+[\w.-]+)?$/;

/** The rules of the host's loader that no single declaration can see. */
function check(plugin: Plugin, project: Project, made: Partial<Manifest>): void {
  const at = (message: string): DeclarationError =>
    misdeclared(plugin.place, "the plugin", message);
  const { plugin_id: id, version, min_macos: macos, min_osaurus: osaurus } = made;
  if (!id)
    throw new DeclarationError(
      `${project.path}: "osaurus": { "id": "dev.example.name" } is missing`,
    );
  if (!/^[a-z0-9]+(\.[a-z0-9_-]+)+$/.test(id)) {
    throw at(`its id "${id}" must be lower-case parts joined by dots, as in dev.example.notes`);
  }
  if (!version || !VERSION.test(version)) {
    throw new DeclarationError(
      `${project.path}: version "${version ?? ""}" must have the form 1.2.3`,
    );
  }
  if (osaurus && !/^\d+\.\d+\.\d+$/.test(osaurus)) {
    throw at(`minOsaurus: "${osaurus}" must have the form 1.2.3`);
  }
  if (macos && !/^\d+(\.\d+){0,2}$/.test(macos)) {
    throw at(`minMacos: "${macos}" must have the form 14, 14.5 or 14.5.1`);
  }
}

function checkRoutes(plugin: Plugin, web: ManifestWeb | undefined): void {
  const routes = new Map<string, [string, Route]>();
  for (const [id, route] of plugin.routes) {
    if (web && covers(web.mount, route.path)) {
      throw misdeclared(
        route.place,
        `route "${id}"`,
        `its path "${route.path}" is under the web mount "${web.mount}", where static files ` +
          "hide it; the host does not load such a plugin. Move one of them",
      );
    }
    for (const method of route.methods) {
      const twin = routes.get(`${method} ${route.path}`);
      if (twin) {
        const answered = `${method} ${route.path} is answered by the route "${twin[0]}"`;
        throw misdeclared(route.place, `route "${id}"`, `${answered} at ${twin[1].place}`);
      }
      routes.set(`${method} ${route.path}`, [id, route]);
    }
  }
}

/** Whether static files under a mount hide a route. */
function covers(mount: string, path: string): boolean {
  return mount === "/" || path === mount || path.startsWith(`${mount}/`);
}

function checkFields(plugin: Plugin): void {
  const fields = (plugin.definition.config ?? []).flatMap((section) => section.fields);
  const keys = new Set(Object.keys(plugin.secrets));
  for (const { key } of fields) {
    if (keys.has(key)) throw misdeclared(plugin.place, `the setting "${key}"`, "is there twice");
    keys.add(key);
  }
  for (const field of fields) {
    const named = [field.connected_when, ...(field.disconnect_action?.clear_keys ?? [])];
    const unknown = named.find((key) => typeof key === "string" && !keys.has(key));
    if (unknown !== undefined) {
      const message = `refers to the key "${unknown}", which no field declares; the host would never fill it`;
      throw misdeclared(plugin.place, `the setting "${field.key}"`, message);
    }
  }
}
