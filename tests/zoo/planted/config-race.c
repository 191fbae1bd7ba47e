/* A setting that arrives during a call frees the text that the call still uses. */

#include "zoo.h"

static char* volatile wording;

void in_config(const char* key, const char* value) {
    if (strcmp(key, "greeting") == 0) {
        free(wording);
        wording = strdup(value);
    }
}

char* note(json_t* arguments) {
    const char* mine = wording == NULL ? "Hello" : wording;
    free(take(host->db_query("SELECT 1", NULL)));
    return success(json_pack("{s:s, s:s}", "text", text_of(arguments), "greeting", mine));
}
