/* A plugin for tests of what the command line gives to plugins. It keeps what it is told ("KEY=VALUE for AGENT"; files
 * as "file NAME"). Tools: "heard" answers with all of that, "get" with the setting that is the text `key` of its
 * arguments, "fetch" with the host's answer to the request that is the text `request` of its arguments. */
#include "../../reference-host/tests/host/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOOL(id) "{\"id\":\"" id "\",\"description\":\"d\",\"permission_policy\":\"auto\"}"
#define FIELD(key, type, more) "{\"key\":\"" key "\",\"type\":\"" type "\",\"label\":\"" key "\"" more "}"
#define MANIFEST "{\"plugin_id\":\"" PLUGIN_ID "\",\"secrets\":[{\"id\":\"api_key\",\"label\":\"l\",\"required\":false}]," \
  "\"capabilities\":{\"artifact_handler\":true,\"tools\":[" TOOL("heard") "," TOOL("get") "," TOOL("fetch") "]," \
  "\"config\":{\"title\":\"t\",\"sections\":[{\"title\":\"s\",\"fields\":[" \
  FIELD("limit", "number", ",\"validation\":{\"min\":1}") "," FIELD("bot_token", "secret", "") "]}]}," \
  "\"routes\":[{\"id\":\"hook\",\"path\":\"/hook\",\"methods\":[\"POST\"],\"auth\":\"none\",\"tunnel_exposed\":true}]}}"

#ifndef PLUGIN_ID
#define PLUGIN_ID "dev.given"
#endif

typedef const char *(*text0)(void);
typedef const char *(*text1)(const char *);

static const host_table *host;
static char heard[4096];

static void hear(const char *line) {
  strncat(heard, line, sizeof heard - strlen(heard) - 2);
  strcat(heard, ";");
}

static void free_string(const char *text) { free((void *)text); }
static void *init(void) { return heard; }
static void destroy(void *ctx) { (void)ctx; }
static const char *get_manifest(void *ctx) { (void)ctx; return strdup(MANIFEST); }

static void on_config_changed(void *ctx, const char *key, const char *value) {
  char line[512];
  const char *agent = ((text0)host->slot[21])();
  (void)ctx;
  if (!strncmp(key, "__", 2)) return;
  snprintf(line, sizeof line, "%s=%s for %s", key, value, agent ? agent : "none");
  hear(line);
}

/* What stands between the quotes behind a key; \" inside becomes ". */
static void text_of(const char *json, const char *key, char *out) {
  const char *at = strstr(json, key);
  for (at = at ? at + strlen(key) : ""; *at && *at != '"'; at++) {
    if (*at == '\\') at++;
    *out++ = *at;
  }
  *out = 0;
}

static const char *invoke(void *ctx, const char *type, const char *id, const char *payload) {
  char text[2048], line[512];
  (void)ctx;
  if (!strcmp(type, "artifact")) {
    text_of(payload, "\"filename\":\"", text);
    snprintf(line, sizeof line, "file %.400s", text);
    hear(line);
    return strdup("{}");
  }
  if (!strcmp(id, "heard")) return strdup(heard);
  text_of(payload, !strcmp(id, "get") ? "\"key\":\"" : "\"request\":\"", text);
  const char *answer = ((text1)host->slot[!strcmp(id, "get") ? 0 : 15])(text);
  return strdup(answer ? answer : "nothing");
}

static const char *handle_route(void *ctx, const char *request) {
  char text[2048] = "{\"status\":200,\"body\":\"";
  (void)ctx, (void)request;
  strcat(strcat(text, heard), "\"}");
  return strdup(text);
}

static const plugin_table table = {free_string, init, destroy, get_manifest, invoke, 6, handle_route, on_config_changed, 0};

const void *osaurus_plugin_entry_v2(const host_table *given) {
  host = given;
  return &table;
}
