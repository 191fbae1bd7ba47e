/* A string of the host's is given back twice. */

#include "zoo.h"

void in_note(void) {
    if (OSR_HOST_HAS(host, free_string)) {
        const char* rows = host->db_query("SELECT 1", NULL);
        host->free_string(rows);
        host->free_string(rows);
    }
}
