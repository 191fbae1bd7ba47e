/* Rows must be arrays: the form that the documents show is an error. */

#include "zoo.h"

char* note(json_t* arguments) {
    if (!OSR_HOST_HAS(host, db_query)) {
        return failure("unavailable", "this host has no database", NULL);
    }
    json_t* answer = take_json(host->db_query("SELECT 1 AS one", NULL));
    json_t* row = json_array_get(json_object_get(answer, "rows"), 0);
    int is_array = json_is_array(row);
    json_decref(answer);
    return is_array || row == NULL ? success(json_pack("{s:s}", "text", text_of(arguments)))
                                   : failure("execution_error", "a row is not a list", NULL);
}
