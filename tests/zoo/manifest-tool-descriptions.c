/* A tool has no description. */

#include "zoo.h"

const char* manifest_change(void) { return "{'capabilities': {'tools': [{'id': 'echo', 'description': ' '}]}}"; }
