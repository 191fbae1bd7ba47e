/* Strings of hosts before version 6 are not freed at all. */

#include "zoo.h"

void give_back(const char* text) {
    if (OSR_HOST_HAS(host, free_string)) {
        host->free_string(text);
    }
}
