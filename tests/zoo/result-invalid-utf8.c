/* The result is cut in the middle of a character. */

#include "zoo.h"

char* echo(json_t* arguments) {
    char* result = success(json_pack("{s:s, s:s}", "text", text_of(arguments), "cut", "caf\u00e9"));
    memmove(strstr(result, "\u00e9"), strstr(result, "\u00e9") + 1, strlen(strstr(result, "\u00e9")));
    return result;
}
