/* The schemas of the tools are larger than what a model gets whole. */

#include "zoo.h"

#include <stdio.h>

const char* manifest_change(void) {
    static char text[8000];
    char words[6200];
    memset(words, 'x', sizeof words - 1);
    words[sizeof words - 1] = '\0';
    snprintf(text, sizeof text,
             "{'capabilities': {'tools': ["
             "{'id': 'echo', 'permission_policy': 'auto', 'requirements': [], 'description': 'Repeats what it gets.',"
             " 'parameters': {'type': 'object', 'required': ['text'], 'additionalProperties': false,"
             "  'properties': {'text': {'type': 'string', 'description': '%s'}}}}]}}",
             words);
    return text;
}
