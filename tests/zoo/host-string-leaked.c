/* A string of the host's is never given back. */

#include "zoo.h"

void in_note(void) {
    if (OSR_HOST_HAS(host, free_string)) {
        host->db_query("SELECT 1", NULL);
    }
}
