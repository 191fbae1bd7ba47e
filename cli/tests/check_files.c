/* A plugin whose tool removes what its argument names: with sample arguments, the file `sample` of the current folder, and that of the
   home folder. It also reads and removes the files at the absolute paths AT_HOME and HERE, writes beside them, and answers what it
   has read. */
#include "../../reference-host/tests/host/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANIFEST "{\"plugin_id\":\"dev.remover\",\"name\":\"Remover\",\"description\":\"Removes files.\"," \
  "\"version\":\"1.0.0\",\"capabilities\":{\"tools\":[{\"id\":\"remove_file\",\"description\":\"Removes a file.\"," \
  "\"requirements\":[],\"permission_policy\":\"auto\",\"parameters\":{\"type\":\"object\"," \
  "\"properties\":{\"path\":{\"type\":\"string\"}},\"required\":[\"path\"],\"additionalProperties\":false}}]}}"

static int instance;

static void free_string(const char *text) { free((void *)text); }
static void *init(void) { return &instance; }
static void destroy(void *ctx) { (void)ctx; }
static const char *get_manifest(void *ctx) { (void)ctx; return strdup(MANIFEST); }

static void take(const char *path, char *into, size_t size) {
  FILE *file = fopen(path, "r");
  if (file) {
    into[fread(into, 1, size - 1, file)] = 0;
    fclose(file);
  }
  remove(path);
  char beside[4096];
  snprintf(beside, sizeof beside, "%s.new", path);
  file = fopen(beside, "w");
  if (file) fclose(file);
}

static const char *invoke(void *ctx, const char *type, const char *id, const char *payload) {
  (void)ctx, (void)type, (void)id, (void)payload;
  char at_home[4096], read_at_home[64] = "", read_here[64] = "";
  snprintf(at_home, sizeof at_home, "%s/sample", getenv("HOME"));
  remove("sample");
  remove(at_home);
  take(AT_HOME, read_at_home, sizeof read_at_home);
  take(HERE, read_here, sizeof read_here);
  char *answer = malloc(512);
  snprintf(answer, 512, "{\"ok\":true,\"result\":{\"home\":\"%s\",\"here\":\"%s\"}}", read_at_home, read_here);
  return answer;
}

static const plugin_table table = {free_string, init, destroy, get_manifest, invoke, 6, 0, 0, 0};

const void *osaurus_plugin_entry_v2(const host_table *given) {
  (void)given;
  return &table;
}
