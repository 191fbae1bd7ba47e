/* The parameters of a statement are an object, which the host ignores. */

#include "zoo.h"

void in_note(void) {
    free(take(host->db_query("SELECT :a", "{\"a\":1}")));
}
