/* Both tables of the ABI, written down by hand for the probes, so that nothing of the host's own sources is involved. */
#include <stdint.h>

typedef struct {
  void (*free_string)(const char *);
  void *(*init)(void);
  void (*destroy)(void *);
  const char *(*get_manifest)(void *);
  const char *(*invoke)(void *, const char *, const char *, const char *);
  uint32_t version;
  const char *(*handle_route)(void *, const char *);
  void (*on_config_changed)(void *, const char *, const char *);
  void (*on_task_event)(void *, const char *, int, const char *);
} plugin_table;

/* The host table as what it is: a version and 24 pointers. */
typedef struct { uint32_t version; void *slot[24]; } host_table;
