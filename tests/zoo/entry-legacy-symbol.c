/* No entry for hosts of version 1. */

#include "zoo.h"

#ifdef __APPLE__
#define PREFIX "_"
#else
#define PREFIX ""
#endif

const osr_plugin_api* legacy(void) __asm__(PREFIX "osaurus_plugin_entry") __attribute__((visibility("hidden")));
const osr_plugin_api* legacy(void) { return &table; }
