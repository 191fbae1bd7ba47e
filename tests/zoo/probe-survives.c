/* A setting that is not declared ends the process. */

#include "zoo.h"

void in_config(const char* key, const char* value) {
    (void)value;
    if (strncmp(key, "__osaurus", 9) == 0) {
        abort();
    }
}
