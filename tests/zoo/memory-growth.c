/* Each call keeps memory for good. */

#include "zoo.h"

static char* volatile kept;

char* echo(json_t* arguments) {
    kept = malloc(3072);
    memset(kept, 1, 3072);
    return success(json_pack("{s:s}", "text", text_of(arguments)));
}
