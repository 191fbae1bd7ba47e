/* A plugin in C with one tool, which stores a row and runs ON_CALL. The lines before this file may define CONSTRUCTOR, which runs
 * when the library is loaded, and ID. */
#include "../../../reference-host/tests/host/tables.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef ON_CALL
#define ON_CALL
#endif

#ifndef ID
#define ID "dev.abuse"
#endif

#define MANIFEST "{\"plugin_id\":\"" ID "\",\"name\":\"Abuse\",\"description\":\"Does what it should not.\"," \
  "\"version\":\"1.0.0\",\"capabilities\":{\"tools\":[{\"id\":\"go\",\"description\":\"Goes.\"," \
  "\"requirements\":[],\"permission_policy\":\"auto\",\"parameters\":{\"type\":\"object\"," \
  "\"properties\":{},\"additionalProperties\":false}}]}}"

typedef const char *(*text2)(const char *, const char *);

static const host_table *host;
static int instance;

#ifdef CONSTRUCTOR
__attribute__((constructor)) static void when_loaded(void) { CONSTRUCTOR }
#endif

static void free_string(const char *text) { free((void *)text); }
static void *init(void) { return &instance; }
static void destroy(void *ctx) { (void)ctx; }
static const char *get_manifest(void *ctx) { (void)ctx; return strdup(MANIFEST); }

static void store(const char *sql) {
  if (!host) return;
  const char *answer = ((text2)host->slot[3])(sql, 0);
  if (host->version >= 6) ((void (*)(const char *))host->slot[23])(answer);
  else free((void *)answer);
}

static const char *invoke(void *ctx, const char *type, const char *id, const char *payload) {
  (void)ctx, (void)type, (void)id, (void)payload;
  store("CREATE TABLE IF NOT EXISTS t(a)");
  store("INSERT INTO t VALUES(1)");
  ON_CALL
  return strdup("{\"ok\":true,\"result\":{}}");
}

static const plugin_table table = {free_string, init, destroy, get_manifest, invoke, 6, 0, 0, 0};

const void *osaurus_plugin_entry_v2(const host_table *given) {
  host = given && given->version >= 2 ? given : 0;
  return &table;
}
