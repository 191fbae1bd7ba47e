/* A setting is declared and never read; settings are not delivered to the plugin. */

#include "zoo.h"

const char* manifest_change(void) {
    return "{'capabilities': {'config': {'sections': [{'title': 'Wording', 'fields': ["
           "{'key': 'greeting', 'type': 'text', 'label': 'Greeting'}, {'key': 'farewell', 'type': 'text', 'label': 'Farewell'}]}]}}}";
}

void in_entry(void) { table.on_config_changed = NULL; }
