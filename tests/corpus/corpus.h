/* What the plugins of the corpus share: JSON by hand, as many plugins do it, and tables of functions. */

#ifndef CORPUS_H
#define CORPUS_H

#include "osaurus_plugin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNUSED __attribute__((unused))

/* The string at a key of a flat JSON object, without escapes. NULL where there is none; the caller frees it. */
UNUSED static char* string_at(const char* json, const char* key) {
    char name[64];
    snprintf(name, sizeof name, "\"%s\"", key);
    const char* at = strstr(json, name);
    at = at == NULL ? NULL : strchr(at + strlen(name), ':');
    at = at == NULL ? NULL : at + 1 + strspn(at + 1, " ");
    if (at == NULL || *at != '"') {
        return NULL;
    }
    const char* end = strchr(at + 1, '"');
    return end == NULL ? NULL : strndup(at + 1, (size_t)(end - at - 1));
}

/* A string made as by printf; the caller frees it. */
UNUSED static char* text_of(const char* format, ...) {
    va_list values;
    char text[4096];
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    return strdup(text);
}

#endif
