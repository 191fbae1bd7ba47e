/* A string of the host's is read after it was given back. */

#include "zoo.h"

static volatile char first;

void in_note(void) {
    if (OSR_HOST_HAS(host, free_string)) {
        const char* answer = host->db_query("SELECT 1", NULL);
        host->free_string(answer);
        first = answer == NULL ? 0 : answer[0];
    }
}
