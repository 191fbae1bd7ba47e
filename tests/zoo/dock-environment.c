/* A value comes from a variable of the shell, which no application has that was started from the Dock. */

#include "zoo.h"

char* echo(json_t* arguments) {
    /* cargo sets it for every test. */
    return getenv("CARGO_MANIFEST_DIR") != NULL
               ? success(json_pack("{s:s}", "text", text_of(arguments)))
               : failure("unavailable", "a variable is missing", NULL);
}
