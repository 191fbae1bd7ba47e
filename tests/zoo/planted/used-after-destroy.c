/* What destroy frees is made at the first call only: after the next init it is gone. */

#include "zoo.h"

static char* shared;

void in_destroy(void) { free(shared); }

char* note(json_t* arguments) {
    if (shared == NULL) {
        shared = strdup("made at the first call");
    }
    return success(json_pack("{s:s, s:s}", "text", text_of(arguments), "shared", shared));
}
