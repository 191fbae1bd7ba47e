/* A setting that is cleared during a call takes away the text that the call has found there before. */

#include "zoo.h"

static char* volatile wording;

void in_config(const char* key, const char* value) {
    if (strcmp(key, "greeting") == 0) {
        wording = *value == '\0' ? NULL : strdup(value);
    }
}

char* note(json_t* arguments) {
    if (wording == NULL) {
        return success(json_pack("{s:s}", "text", text_of(arguments)));
    }
    free(take(host->db_query("SELECT 1", NULL)));
    return success(json_pack("{s:s, s:s}", "text", text_of(arguments), "greeting", wording));
}
