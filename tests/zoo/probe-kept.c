/* The host's probe is stored like a setting. */

#include "zoo.h"

void in_config(const char* key, const char* value) {
    if (strncmp(key, "__osaurus", 9) == 0 && OSR_HOST_HAS(host, config_set)) {
        host->config_set(key, value);
    }
}
