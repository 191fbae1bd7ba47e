/* A setting that arrives takes away what a running tool uses. */

#include "zoo.h"

static char buffer[] = "hello";
static char* volatile wording;

void in_note(void) {
    wording = buffer;
    free(take(host->config_get("greeting")));
    wording[0] = 'H';
}

void in_config(const char* key, const char* value) {
    (void)key, (void)value;
    wording = NULL;
}
