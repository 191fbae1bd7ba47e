/* A success has another envelope inside, which the host takes for a failure. */

#include "zoo.h"

char* echo(json_t* arguments) {
    return success(json_pack("{s:s, s:{s:b}}", "text", text_of(arguments), "upstream", "ok", 0));
}
