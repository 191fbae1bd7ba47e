/* Uses every type, field and constant of the public header by its name and type, as far as the
   included version has them: a constant of a version tells that the version is there. */
static void void_of_string(const char* a) { (void)a; }

#ifdef OSR_ABI_VERSION_2
static const char* string_of_none(void) { return NULL; }
static const char* string_of_string(const char* a) { (void)a; return NULL; }
static const char* string_of_string_string(const char* a, const char* b) { (void)a; (void)b; return NULL; }
static void void_of_string_string(const char* a, const char* b) { (void)a; (void)b; }
static void void_of_int_string(int level, const char* a) { (void)level; (void)a; }
#ifdef OSR_ABI_VERSION_5
static void void_of_int_string_string(int level, const char* a, const char* b) { (void)level; (void)a; (void)b; }
#endif
static const char* string_of_string_chunks(const char* a, void (*on_chunk)(const char* chunk_json, void* user_data),
                           void* user_data) {
    on_chunk(a, user_data);
    return NULL;
}

#define FILL_TYPED(slot, type, function) { type typed = function; host->slot = typed; }
#define FILL(slot, returns, takes) FILL_##takes(slot, returns)
#define FILL_none(slot, returns) FILL_TYPED(slot, osr_##slot##_fn, returns##_of_none)
#define FILL_string(slot, returns) FILL_TYPED(slot, osr_##slot##_fn, returns##_of_string)
#define FILL_string_string(slot, returns) FILL_TYPED(slot, osr_##slot##_fn, returns##_of_string_string)
#define FILL_int_string(slot, returns) FILL_TYPED(slot, osr_##slot##_fn, returns##_of_int_string)
#define FILL_int_string_string(slot, returns) FILL_TYPED(slot, osr_##slot##_fn, returns##_of_int_string_string)
#define FILL_string_chunks(slot, returns) FILL_TYPED(slot, osr_##slot##_fn, returns##_of_string_chunks)
#define FILL_consumed(slot, returns) FILL_TYPED(slot, osr_host_##slot##_fn, returns##_of_string)

static void fill_host(osr_host_api* host) {
    OSR_EACH_HOST_SLOT(FILL)
    uint32_t version = OSR_ABI_VERSION_2;
    host->version = version;
}

#endif

static osr_plugin_ctx_t starts(void) { return NULL; }
static void stops(osr_plugin_ctx_t ctx) { (void)ctx; }
static const char* describes(osr_plugin_ctx_t ctx) { (void)ctx; return NULL; }
static const char* answers(osr_plugin_ctx_t ctx, const char* type, const char* id, const char* payload) {
    (void)ctx; (void)type; (void)id; (void)payload;
    return NULL;
}

#ifdef OSR_ABI_VERSION_2
static const char* routes(osr_plugin_ctx_t ctx, const char* request_json) {
    (void)ctx; (void)request_json;
    return NULL;
}
static void hears(osr_plugin_ctx_t ctx, const char* key, const char* value) {
    (void)ctx; (void)key; (void)value;
}
static void follows(osr_plugin_ctx_t ctx, const char* task_id, int event_type, const char* event_json) {
    (void)ctx; (void)task_id; (void)event_json;
    switch (event_type) {
        case OSR_TASK_EVENT_STARTED:
        case OSR_TASK_EVENT_ACTIVITY:
        case OSR_TASK_EVENT_PROGRESS:
        case OSR_TASK_EVENT_CLARIFICATION:
        case OSR_TASK_EVENT_COMPLETED:
        case OSR_TASK_EVENT_FAILED:
        case OSR_TASK_EVENT_CANCELLED:
        case OSR_TASK_EVENT_OUTPUT:
        case OSR_TASK_EVENT_DRAFT:
            break;
    }
}
#endif

static const osr_plugin_api first = {void_of_string, starts, stops, describes, answers
#ifdef OSR_ABI_VERSION_2
                                     , OSR_ABI_VERSION_2, NULL, NULL, NULL
#endif
};

const osr_plugin_api* osaurus_plugin_entry(void) { return &first; }

#ifdef OSR_ABI_VERSION_2
static osr_plugin_api table;

const osr_plugin_api* osaurus_plugin_entry_v2(const osr_host_api* host) {
    static osr_host_api copy;
    osr_on_task_event_fn on_task_event = follows;
    fill_host(&copy);
    table = first;
    table.version = OSR_ABI_VERSION_1 + OSR_ABI_VERSION_2;
    table.handle_route = routes;
    table.on_config_changed = hears;
    table.on_task_event = on_task_event;
    return host == NULL ? NULL : &table;
}
#endif

#ifdef OSR_ABI_VERSION_6
/* All of the constants, as a plugin that lists what it knows would have them. */
enum known { third = OSR_ABI_VERSION_3, fourth = OSR_ABI_VERSION_4, fifth = OSR_ABI_VERSION_5, sixth = OSR_ABI_VERSION_6 };
#endif
