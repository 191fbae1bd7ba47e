/* A pattern is not a regular expression. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'config': {'sections': [{'title': 'Wording', 'fields': ["
           "{'key': 'greeting', 'type': 'text', 'label': 'Greeting', 'validation': {'pattern': '[a-z'}}]}]}}}";
}
