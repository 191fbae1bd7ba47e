/* The baseline: the bench's tools in C, as thin as a plugin can be. Built and loaded by osaurus-bench. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osaurus_plugin.h"

static const osr_host_api *host;

static const char *copy(const char *text) { return strdup(text); }
static void release(const char *text) { free((void *)text); }
static osr_plugin_ctx_t start(void) { return (osr_plugin_ctx_t)1; }
static void stop(osr_plugin_ctx_t ctx) { (void)ctx; }

static const char *manifest(osr_plugin_ctx_t ctx) {
  (void)ctx;
  return copy("{\"plugin_id\":\"dev.bench.native\",\"capabilities\":{\"tools\":["
              "{\"id\":\"echo\",\"description\":\"e\"},{\"id\":\"host_calls\",\"description\":\"h\"}]}}");
}

/* Reads "title" by hand: a C author's cheapest way, without a JSON library. */
static const char *echo(const char *payload) {
  char result[512];
  const char *title = strstr(payload, "\"title\":\"");
  int length = title ? (int)strcspn(title + 9, "\"") : 0;
  snprintf(result, sizeof result, "{\"ok\":true,\"result\":{\"title\":\"%.*s\",\"words\":2}}", length, title ? title + 9 : "");
  return copy(result);
}

static const char *host_calls(const char *payload) {
  const char *field = strstr(payload, "\"count\":");
  long count = field ? strtol(field + 8, NULL, 10) : 0;
  for (long i = 0; i < count; i++) {
    const char *value = host->config_get("key");
    if (value) host->free_string(value);
  }
  return copy("{\"ok\":true,\"result\":{}}");
}

static const char *invoke(osr_plugin_ctx_t ctx, const char *type, const char *id, const char *payload) {
  (void)ctx;
  (void)type;
  return strcmp(id, "echo") == 0 ? echo(payload) : host_calls(payload);
}

static const osr_plugin_api api = {
    .free_string = release, .init = start, .destroy = stop, .get_manifest = manifest, .invoke = invoke, .version = 2};

const osr_plugin_api *osaurus_plugin_entry_v2(const osr_host_api *given) {
  host = given;
  return &api;
}
