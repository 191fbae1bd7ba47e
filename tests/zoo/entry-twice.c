/* A second entry without a host gets no table. */

#include "zoo.h"

static int without_host;

const osr_plugin_api* osaurus_plugin_entry_v2(const osr_host_api* api) {
    host = api;
    return api == NULL && without_host++ > 0 ? NULL : &table;
}
