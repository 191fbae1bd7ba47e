/* In hosts before version 4 the text of a setting is kept without a copy. */

#include "zoo.h"

static const char* volatile wording;

void in_config(const char* key, const char* value) {
    if (strcmp(key, "greeting") == 0) {
        wording = host->version < 4 ? value : NULL;
    }
}

char* note(json_t* arguments) {
    const char* mine = wording == NULL ? "Hello" : wording;
    return success(json_pack("{s:s, s:s}", "text", text_of(arguments), "greeting", mine));
}
