/* A plugin whose routes do what the request says. By route id: "echo" answers with the request itself, "say" with the
 * request's body as its whole answer, "null" with NULL, "agent" with the agent that the host says is active, "wait"
 * marks <body>.entered, waits until the file <body> is there, and marks <body>.left. `destroy` marks the file in
 * $PROBE_DESTROYED. */
#include "../tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef TABLE_VERSION
#define TABLE_VERSION 6
#endif

static const host_table *host;

static void mark(const char *path) {
  FILE *file = fopen(path, "a");
  if (file) { fputs("marked\n", file); fclose(file); }
}

/* A JSON string's text; keys are sorted, so the body is the first. \u escapes are of no use to these tests. */
static char *body_of(const char *request) {
  const char *c = request + strlen("{\"body\":\"");
  char *out = malloc(strlen(c) + 1), *at = out;
  for (; *c && *c != '"'; c++) {
    if (*c == '\\' && *++c == 'n') *at++ = '\n';
    else *at++ = *c;
  }
  *at = 0;
  return out;
}

static char *quoted(const char *text) {
  char *out = malloc(strlen(text) * 2 + 64), *at = out + sprintf(out, "{\"status\":200,\"body\":\"");
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') *at++ = '\\';
    *at++ = *text;
  }
  strcpy(at, "\"}");
  return out;
}

static void log_line(const char *text) { ((void (*)(int, const char *))host->slot[5])(2, text); }

static char *wait_for(char *gate) {
  char path[4096];
  snprintf(path, sizeof path, "%s.entered", gate);
  mark(path);
  while (access(gate, F_OK)) usleep(2000);
  snprintf(path, sizeof path, "%s.left", gate);
  mark(path);
  free(gate);
  return quoted("waited");
}

static char *active_agent(void) {
  log_line("agent asked");
  const char *agent = ((const char *(*)(void))host->slot[21])();
  char *answer = quoted(agent ? agent : "none");
  if (agent) ((void (*)(const char *))host->slot[23])(agent);
  return answer;
}

static const char *handle_route(void *ctx, const char *request) {
  (void)ctx;
  if (strstr(request, "\"route_id\":\"say\"")) return body_of(request);
  if (strstr(request, "\"route_id\":\"null\"")) return 0;
  if (strstr(request, "\"route_id\":\"wait\"")) return wait_for(body_of(request));
  if (strstr(request, "\"route_id\":\"agent\"")) return active_agent();
  return quoted(request);
}

static void free_string(const char *text) { free((void *)text); }
static void *init(void) { return &host; }
static void destroy(void *ctx) {
  (void)ctx;
  if (getenv("PROBE_DESTROYED")) mark(getenv("PROBE_DESTROYED"));
}
static const char *get_manifest(void *ctx) { (void)ctx; return strdup(MANIFEST); }
static const char *invoke(void *ctx, const char *type, const char *id, const char *payload) {
  (void)ctx, (void)type;
  if (!strcmp(id, "fail")) return strdup("{\"ok\":false,\"kind\":\"rejected\",\"message\":\"no\"}");
  if (!strcmp(id, "log")) log_line(payload);
  return strdup("{\"ok\":true}");
}
static void on_config_changed(void *ctx, const char *key, const char *value) { (void)ctx, (void)key, (void)value; }
static void on_task_event(void *ctx, const char *task, int type, const char *json) {
  (void)ctx, (void)task, (void)type, (void)json;
}

#ifdef NO_ROUTES
#define HANDLE_ROUTE 0
#else
#define HANDLE_ROUTE handle_route
#endif
static const plugin_table table = {free_string, init,         destroy,           get_manifest, invoke,
                                   TABLE_VERSION, HANDLE_ROUTE, on_config_changed, on_task_event};

#ifndef ONLY_V1
const void *osaurus_plugin_entry_v2(const host_table *given) {
  host = given;
  return &table;
}
#else
const void *osaurus_plugin_entry(void) { return &table; }
#endif
