/* A result is longer than what the host passes on. */

#include "zoo.h"

char* echo(json_t* arguments) {
    char* text = calloc(1, 200001);
    memset(text, 'x', 200000);
    char* result = success(json_pack("{s:s, s:s}", "text", text_of(arguments), "rest", text));
    free(text);
    return result;
}
