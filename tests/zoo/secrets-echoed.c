/* The secrets that come with the arguments are in the result. */

#include "zoo.h"

const char* manifest_change(void) { return "{'secrets': [{'id': 'token', 'label': 'Token', 'required': false}]}"; }

char* echo(json_t* arguments) {
    json_t* secrets = json_object_get(arguments, "_secrets");
    return success(json_pack("{s:s, s:O*}", "text", text_of(arguments), "used", secrets));
}
