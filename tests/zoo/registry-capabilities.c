/* A capability that no host knows. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'widgets': []}}";
}
