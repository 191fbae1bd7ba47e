/* Where a host call fails, the answer of the one before is not given back. */

#include "zoo.h"

char* note(json_t* arguments) {
    const char* rows = host->db_query("SELECT 1", NULL);
    const char* stored = host->db_exec("CREATE TABLE IF NOT EXISTS notes (text TEXT)", NULL);
    if (stored == NULL) {
        return failure("unavailable", "the database does not answer", NULL);
    }
    free(take(rows));
    free(take(stored));
    return success(json_pack("{s:s}", "text", text_of(arguments)));
}
