/* Failures of the host are noted in a list that has room for two. */

#include "zoo.h"

static const char* volatile failures[2];
static int count;

char* note(json_t* arguments) {
    char* rows = take(host->db_query("SELECT 1", NULL));
    if (rows == NULL) {
        const char* volatile* place = count < 2 ? &failures[count] : NULL;
        *place = "no rows";
        count++;
        return failure("unavailable", "the database does not answer", NULL);
    }
    free(rows);
    return success(json_pack("{s:s}", "text", text_of(arguments)));
}
