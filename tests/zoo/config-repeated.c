/* A setting that is delivered again starts the same work again. */

#include "zoo.h"

static const char* ask = "{\"model\":\"default\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

void in_config(const char* key, const char* value) {
    if (strcmp(key, "greeting") == 0 && value != NULL && OSR_HOST_HAS(host, complete)) {
        free(take(host->complete(ask)));
    }
}
