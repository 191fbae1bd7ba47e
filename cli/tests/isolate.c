/* A plugin for tests of --isolate: the tool "pid" tells its process, "crash" ends it, and the route "/ask" lets the model
 * call "crash". Other tools end the process in other ways; $CRASH_IN names a function that does. */
#include "../../reference-host/tests/host/tables.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOOL(id, needs) "{\"id\":\"" id "\",\"description\":\"d\",\"permission_policy\":\"auto\",\"requirements\":[" needs "]}"
#define ROUTE "{\"id\":\"ask\",\"path\":\"/ask\",\"methods\":[\"GET\"],\"auth\":\"none\"}"
#define MANIFEST "{\"plugin_id\":\"dev.isolate\",\"capabilities\":{\"tools\":[" \
  TOOL("pid", "") "," TOOL("drive", "\"Automation\"") "," TOOL("crash", "") "," TOOL("segv", "") "," TOOL("handled", "") "," TOOL("overflow", "") "," \
  TOOL("exit", "") "," TOOL("kill", "") "," TOOL("fork", "") "," TOOL("version", "") "],\"routes\":[" ROUTE "]}}"

typedef const char *(*text1)(const char *);

static const host_table *host;
static int instance;

static void free_string(const char *text) { free((void *)text); }
static void crash_in(const char *place) {
  const char *wanted = getenv("CRASH_IN");
  if (wanted && !strcmp(wanted, place)) abort();
}

__attribute__((constructor)) static void opened(void) { crash_in("open"); }
static void *init(void) { crash_in("init"); return &instance; }
static void on_config_changed(void *ctx, const char *key, const char *value) {
  (void)ctx, (void)key, (void)value;
  crash_in("config");
}

/* As the runtimes of languages do: a handler of their own for what the host may watch, which then gives up. */
static void handler(int number) { signal(number, SIG_DFL); raise(number); }

static int deeper(volatile int depth) {
  volatile char frame[4096];
  frame[0] = (char)depth;
  return deeper(depth + 1) + frame[0];
}

static void end(const char *id) {
  if (!strcmp(id, "crash")) abort();
  if (!strcmp(id, "segv")) ((void (*)(int, const char *))host->slot[5])(2, "about to crash");
  if (!strcmp(id, "handled")) {
    signal(SIGSEGV, handler);
    free((void *)((text1)host->slot[0])("key"));
  }
  if (!strcmp(id, "segv") || !strcmp(id, "handled")) *(volatile int *)8 = 1;
  if (!strcmp(id, "overflow")) deeper(0);
  if (!strcmp(id, "exit")) _exit(0);
  if (!strcmp(id, "kill")) raise(SIGKILL);
  if (!strcmp(id, "fork")) {
    if (!fork()) {
      /* Whoever reads the output of the program shall not wait for this process. */
      struct stat found;
      for (int descriptor = 0; descriptor < 256; descriptor++)
        if (!fstat(descriptor, &found) && S_ISFIFO(found.st_mode)) close(descriptor);
      sleep(20);
      _exit(0);
    }
    abort();
  }
}

static void destroy(void *ctx) { (void)ctx; }
static const char *get_manifest(void *ctx) { (void)ctx; return strdup(MANIFEST); }

static const char *invoke(void *ctx, const char *type, const char *id, const char *payload) {
  (void)ctx, (void)type, (void)payload;
  end(id);
  char *out = malloc(40);
  if (!strcmp(id, "version")) snprintf(out, 40, "version %u", host->version);
  else snprintf(out, 40, "process %d", (int)getpid());
  return out;
}

static const char *handle_route(void *ctx, const char *request) {
  (void)ctx, (void)request;
  const char *chat = "{\"model\":\"\",\"tools\":true,\"messages\":[{\"role\":\"user\",\"content\":\"call crash {}\"}]}";
  free((void *)((text1)host->slot[10])(chat));
  return strdup("{\"status\":200,\"body\":\"asked\"}");
}

static const plugin_table table = {free_string, init, destroy, get_manifest, invoke, 6, handle_route, on_config_changed, 0};

const void *osaurus_plugin_entry_v2(const host_table *given) {
  host = given;
  return &table;
}
