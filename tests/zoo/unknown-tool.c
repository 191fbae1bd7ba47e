/* Whatever the tool is called, it echoes. */

#include "zoo.h"

char* answer(const char* type, const char* id, const char* payload) {
    json_t* arguments = json_loads(payload, 0, NULL);
    const char* text = text_of(arguments);
    char* result = strcmp(type, OSR_TEXT_INVOKE_TOOL) != 0 ? failure("tool_not_found", "only tools", NULL)
                   : text == NULL                          ? failure("invalid_args", "`text` must be a string", "text")
                   : strcmp(id, "note") == 0               ? note(arguments)
                                                           : echo(arguments);
    json_decref(arguments);
    return result;
}
