/* Whatever is invoked, it is taken for a tool. */

#include "zoo.h"

char* answer(const char* type, const char* id, const char* payload) {
    json_t* arguments = json_loads(payload, 0, NULL);
    const char* text = text_of(arguments);
    (void)type;
    char* result = strcmp(id, "echo") != 0 && strcmp(id, "note") != 0
                       ? failure("tool_not_found", "there are the tools `echo` and `note`", NULL)
                   : text == NULL            ? failure("invalid_args", "`text` must be a string", "text")
                   : strcmp(id, "note") == 0 ? note(arguments)
                                             : echo(arguments);
    json_decref(arguments);
    return result;
}
