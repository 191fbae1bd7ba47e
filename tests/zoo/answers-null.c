/* NULL in place of two answers at once is read. */

#include "zoo.h"

char* note(json_t* arguments) {
    if (!OSR_HOST_HAS(host, db_query)) {
        return failure("unavailable", "this host has no database", NULL);
    }
    char* first = take(host->db_query("SELECT 1", NULL));
    char* second = take(host->db_query("SELECT 2", NULL));
    volatile char* either = first != NULL ? first : second;
    either[0] = ' ';
    free(first);
    free(second);
    return success(json_pack("{s:s}", "text", text_of(arguments)));
}
