/* A key is misspelt, so it has no effect. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'min_maco': '14'}";
}
