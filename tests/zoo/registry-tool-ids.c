/* An id is not in snake case. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'tools': ["
           "{'id': 'echoText', 'description': 'Repeats what it gets.', 'requirements': [], 'permission_policy': 'auto',"
           "'parameters': {'type': 'object', 'required': ['text'], 'additionalProperties': false,"
           "'properties': {'text': {'type': 'string'}}}}]}}";
}

char* answer(const char* type, const char* id, const char* payload) {
    if (strcmp(type, OSR_TEXT_INVOKE_TOOL) != 0 || strcmp(id, "echoText") != 0) {
        return failure("tool_not_found", "there is the tool `echoText`", NULL);
    }
    json_t* arguments = json_loads(payload, 0, NULL);
    char* result = text_of(arguments) == NULL ? failure("invalid_args", "`text` must be a string", "text") : echo(arguments);
    json_decref(arguments);
    return result;
}
