/* In hosts before version 4 a tool has no answer. */

#include "zoo.h"

char* echo(json_t* arguments) {
    return host != NULL && host->version < 4 ? NULL : success(json_pack("{s:s}", "text", text_of(arguments)));
}
