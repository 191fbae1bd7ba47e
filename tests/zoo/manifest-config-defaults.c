/* A switch has a string as its default. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'config': {'sections': [{'title': 'Wording', 'fields': ["
           "{'key': 'greeting', 'type': 'text', 'label': 'Greeting'}, {'key': 'loud', 'type': 'toggle', 'label': 'Loud', 'default': 'yes'}]}]}}}";
}
