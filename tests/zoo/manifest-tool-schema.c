/* A type in a tool's schema is misspelt. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'tools': [{'id': 'echo', 'description': 'Repeats what it gets.', 'parameters': {'type': 'object',"
           "'required': ['text'], 'properties': {'text': {'type': 'string'}, 'times': {'type': 'intger'}}}}]}}";
}
