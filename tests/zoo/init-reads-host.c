/* init makes a table in the database. */

#include "zoo.h"

void in_init(void) {
    if (OSR_HOST_HAS(host, log_structured)) {
        free(take(host->db_exec("CREATE TABLE IF NOT EXISTS notes (text TEXT)", NULL)));
    }
}
