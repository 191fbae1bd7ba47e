/* A setting that was cleared is NULL in a helper process. */

#include "zoo.h"

static volatile size_t length;

void in_config(const char* key, const char* value) {
    (void)key;
    length = strlen(value);
}
