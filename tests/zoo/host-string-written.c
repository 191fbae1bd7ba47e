/* A string of the host's is cut in place. */

#include "zoo.h"

void in_note(void) {
    if (OSR_HOST_HAS(host, free_string)) {
        char* answer = (char*)host->db_query("SELECT 1", NULL);
        if (answer != NULL) {
            answer[0] = 0;
        }
        give_back(answer);
    }
}
