/* The zoo's good plugin, in parts. A bad plugin is base.c and a file of its own that defines one of the functions
   below again: those of base.c are weak. */

#ifndef ZOO_H
#define ZOO_H

#include "osaurus_plugin.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The host's table, kept by the entry; NULL where there is none. */
extern const osr_host_api* host;

/* The table that the entry returns. */
extern osr_plugin_api table;

/* A copy of a string of the host's, which is given back. NULL for NULL. The caller frees the copy. */
char* take(const char* text);

/* The same, read as JSON. NULL for what is not JSON. */
json_t* take_json(const char* text);

/* Envelopes; `result` is consumed. `field` may be NULL. */
char* success(json_t* result);
char* failure(const char* kind, const char* message, const char* field);

/* Text with ' in place of ", read as JSON. */
json_t* quoted(const char* text);

/* The argument `text` of a call, or NULL. */
const char* text_of(json_t* arguments);

/* --- what a bad plugin defines again --------------------------------------------------------------------------- */

/* Merged into the manifest, written as for `quoted`. */
const char* manifest_change(void);

/* At the end of the entry, of init and of destroy. */
void in_entry(void);
void in_init(void);
void in_destroy(void);

/* What init returns; and get_manifest, before it does anything else. */
osr_plugin_ctx_t context(void);
void in_manifest(osr_plugin_ctx_t ctx);

/* In the callbacks, before anything else. */
void in_invoke(const char* type, const char* id, const char* payload);
void in_route(const char* request);
void in_config(const char* key, const char* value);
void in_event(const char* task, int type, const char* json);

/* In the tool `note`, between its host calls. */
void in_note(void);

/* The callbacks themselves, and the two tools. */
char* answer(const char* type, const char* id, const char* payload);
char* echo(json_t* arguments);
char* note(json_t* arguments);
char* page(json_t* request);

/* The last step of invoke: what comes back. */
char* returned(char* result);

/* How strings are freed: the host's, and the plugin's own. */
void give_back(const char* text);
void release(const char* text);

#endif
