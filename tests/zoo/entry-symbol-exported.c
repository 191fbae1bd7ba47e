/* The entries are there, but hidden: a build with -fvisibility=hidden whose author forgot to export them. */

#include "zoo.h"

#define HIDDEN(symbol) __asm__(PREFIX symbol) __attribute__((visibility("hidden")))
#ifdef __APPLE__
#define PREFIX "_"
#else
#define PREFIX ""
#endif

const osr_plugin_api* modern(const osr_host_api* api) HIDDEN("osaurus_plugin_entry_v2");
const osr_plugin_api* legacy(void) HIDDEN("osaurus_plugin_entry");

const osr_plugin_api* modern(const osr_host_api* api) {
    host = api;
    return &table;
}

const osr_plugin_api* legacy(void) { return &table; }
