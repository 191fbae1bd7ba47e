/* Uses every type, field and constant of the public header by its name and type, as far as the
   included version has them: a constant of a version tells that the version is there. */
static void none1(const char* a) { (void)a; }

#ifdef OSR_ABI_VERSION_2
static const char* text0(void) { return NULL; }
static const char* text1(const char* a) { (void)a; return NULL; }
static const char* text2(const char* a, const char* b) { (void)a; (void)b; return NULL; }
static void none2(const char* a, const char* b) { (void)a; (void)b; }
static void logs(int level, const char* a) { (void)level; (void)a; }
#ifdef OSR_ABI_VERSION_5
static void logs_structured(int level, const char* a, const char* b) { (void)level; (void)a; (void)b; }
#endif
static const char* streams(const char* a, void (*on_chunk)(const char* chunk_json, void* user_data),
                           void* user_data) {
    on_chunk(a, user_data);
    return NULL;
}

static void fill_host(osr_host_api* host) {
    osr_config_get_fn config_get = text1;
    osr_config_set_fn config_set = none2;
    osr_config_delete_fn config_delete = none1;
    osr_db_exec_fn db_exec = text2;
    osr_db_query_fn db_query = text2;
    osr_log_fn log = logs;
    osr_dispatch_fn dispatch = text1;
    osr_task_status_fn task_status = text1;
    osr_dispatch_cancel_fn dispatch_cancel = none1;
    osr_dispatch_clarify_fn dispatch_clarify = none2;
    osr_complete_fn complete = text1;
    osr_complete_stream_fn complete_stream = streams;
    osr_embed_fn embed = text1;
    osr_list_models_fn list_models = text0;
    osr_http_request_fn http_request = text1;
    osr_file_read_fn file_read = text1;
    osr_list_active_tasks_fn list_active_tasks = text0;
    osr_send_draft_fn send_draft = none2;
    osr_dispatch_interrupt_fn dispatch_interrupt = none2;
    osr_dispatch_add_issue_fn dispatch_add_issue = text2;
#ifdef OSR_ABI_VERSION_3
    osr_complete_cancel_fn complete_cancel = none1;
#endif
#ifdef OSR_ABI_VERSION_4
    osr_get_active_agent_id_fn get_active_agent_id = text0;
#endif
#ifdef OSR_ABI_VERSION_5
    osr_log_structured_fn log_structured = logs_structured;
#endif
#ifdef OSR_ABI_VERSION_6
    osr_host_free_string_fn free_string = none1;
#endif
    uint32_t version = OSR_ABI_VERSION_2;
    host->version = version;
    host->config_get = config_get;
    host->config_set = config_set;
    host->config_delete = config_delete;
    host->db_exec = db_exec;
    host->db_query = db_query;
    host->log = log;
    host->dispatch = dispatch;
    host->task_status = task_status;
    host->dispatch_cancel = dispatch_cancel;
    host->dispatch_clarify = dispatch_clarify;
    host->complete = complete;
    host->complete_stream = complete_stream;
    host->embed = embed;
    host->list_models = list_models;
    host->http_request = http_request;
    host->file_read = file_read;
    host->list_active_tasks = list_active_tasks;
    host->send_draft = send_draft;
    host->dispatch_interrupt = dispatch_interrupt;
    host->dispatch_add_issue = dispatch_add_issue;
#ifdef OSR_ABI_VERSION_3
    host->complete_cancel = complete_cancel;
#endif
#ifdef OSR_ABI_VERSION_4
    host->get_active_agent_id = get_active_agent_id;
#endif
#ifdef OSR_ABI_VERSION_5
    host->log_structured = log_structured;
#endif
#ifdef OSR_ABI_VERSION_6
    host->free_string = free_string;
#endif
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

static const osr_plugin_api first = {none1, starts, stops, describes, answers
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
