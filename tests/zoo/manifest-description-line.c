/* The first line of a description is longer than what is shown. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'tools': ["
           "{'id': 'echo', 'permission_policy': 'auto', 'requirements': [], 'description': 'Repeats what it gets. It may be of any"
           " length and in any language, and it comes back as it went in, with the same letters in the same order, whatever the"
           " weather, the season and the time of the day.',"
           " 'parameters': {'type': 'object', 'required': ['text'], 'additionalProperties': false,"
           "  'properties': {'text': {'type': 'string', 'description': 'What to repeat.'}}}}]}}";
}
