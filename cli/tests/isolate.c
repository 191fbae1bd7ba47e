/* A plugin for tests of --isolate: the tool "pid" tells its process, "crash" ends it, and the route "/ask" lets the model
 * call "crash". */
#include "../../reference-host/tests/host/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOOL(id, needs) "{\"id\":\"" id "\",\"description\":\"d\",\"permission_policy\":\"auto\",\"requirements\":[" needs "]}"
#define ROUTE "{\"id\":\"ask\",\"path\":\"/ask\",\"methods\":[\"GET\"],\"auth\":\"none\"}"
#define MANIFEST "{\"plugin_id\":\"dev.isolate\",\"capabilities\":{\"tools\":[" \
  TOOL("pid", "") "," TOOL("drive", "\"Automation\"") "," TOOL("crash", "") "],\"routes\":[" ROUTE "]}}"

typedef const char *(*text1)(const char *);

static const host_table *host;
static int instance;

static void free_string(const char *text) { free((void *)text); }
static void *init(void) { return &instance; }
static void destroy(void *ctx) { (void)ctx; }
static const char *get_manifest(void *ctx) { (void)ctx; return strdup(MANIFEST); }

static const char *invoke(void *ctx, const char *type, const char *id, const char *payload) {
  (void)ctx, (void)type, (void)payload;
  if (!strcmp(id, "crash")) abort();
  char *out = malloc(40);
  snprintf(out, 40, "process %d", (int)getpid());
  return out;
}

static const char *handle_route(void *ctx, const char *request) {
  (void)ctx, (void)request;
  const char *chat = "{\"model\":\"\",\"tools\":true,\"messages\":[{\"role\":\"user\",\"content\":\"call crash {}\"}]}";
  free((void *)((text1)host->slot[10])(chat));
  return strdup("{\"status\":200,\"body\":\"asked\"}");
}

static const plugin_table table = {free_string, init, destroy, get_manifest, invoke, 6, handle_route, 0, 0};

const void *osaurus_plugin_entry_v2(const host_table *given) {
  host = given;
  return &table;
}
