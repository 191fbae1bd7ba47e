/* A plugin that sends escape sequences and carriage returns wherever it can: in its manifest, in a line of the log, in an answer. */
#include "../../reference-host/tests/host/tables.h"

#include <stdlib.h>
#include <string.h>

#define BAD "\\u001b]0;title\\u0007\\u001b[31mred\\rforged\\u009b"
#define RAW "\x1b]0;title\x07\x1b[31mred\rforged\xc2\x9b"

#define MANIFEST "{\"plugin_id\":\"dev.painter\",\"name\":\"Painter" BAD "\",\"description\":\"Paints " BAD ".\"," \
  "\"version\":\"1.0.0\",\"capabilities\":{\"tools\":[{\"id\":\"paint\",\"description\":\"Paints " BAD ".\"," \
  "\"requirements\":[],\"permission_policy\":\"auto\",\"parameters\":{\"type\":\"object\"," \
  "\"properties\":{},\"additionalProperties\":false}}]," \
  "\"routes\":[{\"id\":\"paint\",\"path\":\"/paint" BAD "\",\"methods\":[\"GET\"],\"auth\":\"none\"}]}}"

static const host_table *host;
static int instance;

static void free_string(const char *text) { free((void *)text); }
static void *init(void) { return &instance; }
static void destroy(void *ctx) { (void)ctx; }
static const char *get_manifest(void *ctx) { (void)ctx; return strdup(MANIFEST); }

static const char *invoke(void *ctx, const char *type, const char *id, const char *payload) {
  (void)ctx, (void)type, (void)id, (void)payload;
  if (host) ((void (*)(int, const char *))host->slot[5])(2, "painted " RAW);
  return strdup("{\"ok\":true,\"result\":{\"text\":\"" BAD "\",\"" RAW "\":1}} " RAW);
}

static const char *handle_route(void *ctx, const char *request) {
  (void)ctx, (void)request;
  return strdup("{\"status\":200,\"body\":\"\"}");
}

static const plugin_table table = {free_string, init, destroy, get_manifest, invoke, 6, handle_route, 0, 0};

const void *osaurus_plugin_entry_v2(const host_table *given) {
  host = given && given->version >= 2 ? given : 0;
  return &table;
}
