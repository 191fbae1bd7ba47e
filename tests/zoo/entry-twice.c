/* A second entry gets no table. */

#include "zoo.h"

static int entered;

const osr_plugin_api* osaurus_plugin_entry_v2(const osr_host_api* api) {
    host = api;
    return entered++ == 0 ? &table : NULL;
}
