/* Two settings have one key. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'config': {'sections': [{'title': 'Wording', 'fields': ["
           "{'key': 'greeting', 'type': 'text', 'label': 'Greeting'}, {'key': 'greeting', 'type': 'text', 'label': 'Again'}]}]}}}";
}
