/* A plugin that does what it is told. `invoke("tool", "call", "slot\x1f arg\x1f arg")` calls one host slot with these
 * arguments and returns what it returned; "thread" does the same from a thread of its own. Everything it was sent
 * (settings, task events) is kept and returned by the tool "events". */
#include "tables.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MANIFEST
#define MANIFEST "{\"plugin_id\":\"dev.probe\",\"capabilities\":{}}"
#endif
#ifndef TABLE_VERSION
#define TABLE_VERSION 6
#endif

typedef const char *(*text0)(void);
typedef const char *(*text1)(const char *);
typedef const char *(*text2)(const char *, const char *);
typedef void (*void1)(const char *);
typedef void (*void2)(const char *, const char *);
typedef void (*log2)(int, const char *);
typedef void (*log3)(int, const char *, const char *);
typedef const char *(*stream3)(const char *, void (*)(const char *, void *), void *);

static const host_table *host;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *kept;
static int instances;
static int streams_begun;

static void keep(const char *text) {
  pthread_mutex_lock(&lock);
  size_t have = kept ? strlen(kept) : 0;
  kept = realloc(kept, have + strlen(text) + 2);
  sprintf(kept + have, "%s\n", text);
  pthread_mutex_unlock(&lock);
}

static void release(const char *text) {
  if (host && host->version >= 6) ((void1)host->slot[23])(text);
  else free((void *)text);
}

typedef struct { char *text; size_t length; char *cancel_id; int chunks; } heard;

static void on_chunk(const char *chunk, void *user) {
  heard *h = user;
  size_t more = strlen(chunk);
  h->text = realloc(h->text, h->length + more + 2);
  memcpy(h->text + h->length, chunk, more);
  h->length += more;
  h->text[h->length++] = '\n';
  h->text[h->length] = 0;
  if (++h->chunks == 1) __sync_fetch_and_add(&streams_begun, 1);
  if (h->chunks == 2 && h->cancel_id && *h->cancel_id) ((void1)host->slot[20])(h->cancel_id);
}

static char *stream(const char *request, char *cancel_id, int with_chunks) {
  heard h = {0};
  h.cancel_id = cancel_id;
  const char *answer = ((stream3)host->slot[11])(request, with_chunks ? on_chunk : 0, &h);
  char *all = malloc(h.length + strlen(answer) + 1);
  memcpy(all, h.text ? h.text : "", h.length);
  strcpy(all + h.length, answer);
  free(h.text);
  release(answer);
  return all;
}

static char *copy(const char *text) {
  char *mine = text ? strdup(text) : strdup("NULL");
  if (text) release(text);
  return mine;
}

static const char *arg_or_null(const char *text) { return text && !strcmp(text, "NULL") ? 0 : text; }

/* One host call: the slot's number (1 to 24), its kind of signature, its arguments. */
static char *call(const char *order) {
  char *mine = strdup(order), *part[5] = {0}, *rest = mine;
  for (int i = 0; i < 5 && rest; i++) part[i] = strsep(&rest, "\x1f");
  int number = atoi(part[0]);
  const char *kind = part[1];
  const char *a = arg_or_null(part[2]), *b = arg_or_null(part[3]), *c = arg_or_null(part[4]);
  void *slot = host ? host->slot[number - 1] : 0;
  char *out;
  if (!host) out = strdup("no host table");
  else if (!strcmp(kind, "t0")) out = copy(((text0)slot)());
  else if (!strcmp(kind, "t1")) out = copy(((text1)slot)(a));
  else if (!strcmp(kind, "t2")) out = copy(((text2)slot)(a, b));
  else if (!strcmp(kind, "v1")) ((void1)slot)(a), out = strdup("done");
  else if (!strcmp(kind, "v2")) ((void2)slot)(a, b), out = strdup("done");
  else if (!strcmp(kind, "l2")) ((log2)slot)(atoi(a), b), out = strdup("done");
  else if (!strcmp(kind, "l3")) ((log3)slot)(atoi(a), b, c), out = strdup("done");
  else if (!strcmp(kind, "s")) out = stream(a, part[3], part[3] != 0);
  else out = strdup("unknown kind");
  free(mine);
  return out;
}

static void *thread_body(void *order) { return call(order); }

static char *in_thread(const char *order) {
  pthread_t thread;
  void *out = 0;
  pthread_create(&thread, 0, thread_body, (void *)order);
  pthread_join(thread, &out);
  return out;
}

static void mark(const char *what) {
  const char *path = getenv("PROBE_MARKS");
  FILE *file = path ? fopen(path, "a") : 0;
  if (file) { fprintf(file, "%s\n", what); fclose(file); }
}

static void free_string(const char *text) { free((void *)text); }

static void *init(void) {
  mark("init");
#ifdef CRASH_IN_INIT
  abort();
#endif
#ifdef READ_TABLE_IN_INIT
  if (host->version == 77) mark("a version that no host has");
#endif
#ifdef FAIL_INIT
  return 0;
#endif
#ifdef CALL_IN_INIT
  keep(call(CALL_IN_INIT));
  keep(in_thread(CALL_IN_INIT));
#endif
  instances++;
  return &instances;
}

static void destroy(void *ctx) { (void)ctx; mark("destroy"); }
__attribute__((destructor)) static void closed(void) { mark("closed"); }

static const char *get_manifest(void *ctx) {
  (void)ctx;
#ifdef NO_MANIFEST
  return 0;
#endif
#ifdef MANIFEST_FILE
  FILE *file = fopen(MANIFEST_FILE, "r");
  char *text = calloc(1, 1 << 20);
  size_t length = fread(text, 1, (1 << 20) - 1, file);
  fclose(file);
  text[length] = 0;
  return text;
#endif
  return strdup(MANIFEST);
}

static void note(const char *what, const char *a, const char *b);

static void write_text(const char *path, const char *end, const char *text) {
  char name[4096];
  snprintf(name, sizeof name, "%s%s", path, end);
  FILE *file = fopen(name, "w");
  if (file) { fputs(text, file); fclose(file); }
}

/* Says that it is there by <path>.entered, and waits for the file <path>. */
static void wait_for(const char *path) {
  write_text(path, ".entered", "");
  while (access(path, F_OK)) usleep(2000);
}

/* In a thread, when the gate is open: its path stands before the rest. */
static const char *late(const char *payload) {
  const char *rest = strchr(payload, '\x1f');
  char gate[4096];
  snprintf(gate, sizeof gate, "%.*s", (int)(rest - payload), payload);
  wait_for(gate);
  return in_thread(rest + 1);
}

/* Writes its process' id to a file, takes no notice of SIGTERM and never ends. */
static const char *stubborn(const char *path) {
  char id[20];
  snprintf(id, sizeof id, "%d", (int)getpid());
  signal(SIGTERM, SIG_IGN);
  write_text(path, "", id);
  for (;;) pause();
}

extern char **environ;

static const char *environment(void) {
  size_t size = 1;
  for (char **one = environ; *one; one++) size += strlen(*one) + 1;
  char *all = calloc(1, size);
  for (char **one = environ; *one; one++) strcat(strcat(all, *one), "\n");
  return all;
}

static const char *standard_error(void) {
  struct stat own, null;
  fstat(2, &own);
  stat("/dev/null", &null);
  return strdup(own.st_rdev == null.st_rdev ? "/dev/null" : "somewhere");
}

/* Keeps what it was told. With MEET (a path), two such handlers end only when both have begun. */
static const char *artifact(const char *id, const char *payload) {
  note("artifact", id, payload);
#ifdef MEET
  FILE *file = fopen(MEET, "a");
  fputc('x', file);
  fclose(file);
  long begun = 0;
  for (int i = 0; i < 2000 && begun < 2; i++) {
    usleep(10000);
    file = fopen(MEET, "r");
    fseek(file, 0, SEEK_END);
    begun = ftell(file);
    fclose(file);
  }
  note("met", id, begun == 2 ? "both" : "alone");
#endif
#ifdef ARTIFACT_NULL
  return 0;
#endif
  return strdup("ignored");
}

static const char *invoke(void *ctx, const char *type, const char *id, const char *payload) {
  (void)ctx;
  if (!strcmp(type, "artifact")) return artifact(id, payload);
  if (!strcmp(id, "call")) return call(payload);
  if (!strcmp(id, "thread")) return in_thread(payload);
  if (!strcmp(id, "late")) return late(payload);
  if (!strcmp(id, "raw")) return strdup(payload);
  if (!strcmp(id, "null")) return 0;
  if (!strcmp(id, "streams")) { char *out = malloc(12); snprintf(out, 12, "%d", streams_begun); return out; }
  if (!strcmp(id, "crash")) abort();
  if (!strcmp(id, "env")) return environment();
  if (!strcmp(id, "print")) {
    ssize_t printed = write(1, "no line feed \xff", 14);
    return strdup(printed < 0 ? "failed" : "printed");
  }
  if (!strcmp(id, "stderr")) return standard_error();
  if (!strcmp(id, "stubborn")) return stubborn(payload);
  if (!strcmp(id, "wait")) { wait_for(payload); return strdup("{\"ok\":true}"); }
  if (!strcmp(id, "null_slot")) return strdup(host->slot[atoi(payload) - 1] ? "there" : "NULL");
  if (!strcmp(id, "sleep")) { mark("sleeps"); usleep(atoi(payload) * 1000); mark("woke"); return strdup("{\"ok\":true}"); }
  if (!strcmp(id, "agent")) {
    const char *agent = host && host->version >= 4 ? ((text0)host->slot[21])() : 0;
    char *out = malloc(200);
    snprintf(out, 200, "{\"ok\":true,\"result\":{\"text\":\"%s\"}}", agent ? agent : "none");
    if (agent) release(agent);
    return out;
  }
  if (!strcmp(id, "events")) {
    pthread_mutex_lock(&lock);
    char *out = strdup(kept ? kept : "");
    pthread_mutex_unlock(&lock);
    return out;
  }
  return strdup("{\"ok\":false,\"kind\":\"tool_not_found\",\"message\":\"no such tool\"}");
}

static const char *handle_route(void *ctx, const char *request) {
  (void)ctx;
  if (strstr(request, "\"route_id\":\"bad\"")) return strdup("not json");
  if (strstr(request, "\"route_id\":\"slow\"")) usleep(300000);
  if (strstr(request, "\"route_id\":\"binary\""))
    return strdup("{\"status\":201,\"headers\":{\"X-A\":\"b\"},\"body\":\"AP8=\",\"body_encoding\":\"base64\"}");
  char *out = malloc(strlen(request) * 2 + 64), *at = out;
  at += sprintf(at, "{\"status\":200,\"body\":\"");
  for (const char *c = request; *c; c++) { if (*c == '"' || *c == '\\') *at++ = '\\'; *at++ = *c; }
  strcpy(at, "\"}");
  return out;
}

static void note(const char *what, const char *a, const char *b) {
  const char *agent = host && host->version >= 4 ? ((text0)host->slot[21])() : 0;
  size_t size = strlen(a) + strlen(b) + 200;
  char *line = malloc(size);
  snprintf(line, size, "%s|%s|%s|%s", what, agent ? agent : "none", a, b);
  if (agent) release(agent);
  keep(line);
  free(line);
}

static void on_config_changed(void *ctx, const char *key, const char *value) {
  (void)ctx;
#ifdef CRASH_IN_PROBE
  abort();
#endif
#ifdef HOLD_CONFIG
  if (!strcmp(key, "hold")) wait_for(value);
  mark(key);
#endif
  note("config", key, value ? value : "(no value)");
#ifdef TOKEN_AT_TUNNEL
  if (!strcmp(key, "tunnel_url")) { char *token = call("1\x1ft1\x1ftoken"); note("token", token, ""); free(token); }
#endif
}

static void on_task_event(void *ctx, const char *task, int type, const char *json) {
  (void)ctx;
  char what[32];
  snprintf(what, sizeof what, "event %d", type);
  mark(what);
  note(what, task, json);
}

#ifndef REQUIRED
#define REQUIRED free_string, init, destroy, get_manifest, invoke
#endif
static const plugin_table table = {REQUIRED, TABLE_VERSION, handle_route, on_config_changed, on_task_event};

#ifdef WITH_V2
const void *osaurus_plugin_entry_v2(const host_table *given) {
  mark("entry v2");
  host = given;
#ifdef NULL_TABLE
  return 0;
#endif
  return &table;
}
#endif

#ifdef WITH_V1
/* 40 bytes right before a page that cannot be read: reading one byte more faults. */
const void *osaurus_plugin_entry(void) {
  mark("entry v1");
  long page = sysconf(_SC_PAGESIZE);
  char *memory = mmap(0, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  mprotect(memory + page, page, PROT_NONE);
  memcpy(memory + page - 40, &table, 40);
  return memory + page - 40;
}
#endif
