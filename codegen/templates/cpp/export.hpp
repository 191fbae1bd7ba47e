// ---- What a plugin exports ----

namespace osaurus::detail {

/// A host for one call of the plugin.
class CallHost : public Host {
 public:
    CallHost(const osr_host_api* table, Version2 oldest) noexcept
        : Host(table, oldest, std::this_thread::get_id()) {}
};

/// Runs a body; what it throws goes to `on_error` as an Error.
template <class Body, class OnError>
auto guarded(Body body, OnError on_error) -> decltype(body()) {
#if defined(__cpp_exceptions)
    try {
        return body();
    } catch (const HostError& thrown) {
        return on_error(thrown.error());
    } catch (const std::exception& thrown) {
        return on_error(Error{Problem::refused, {}, thrown.what(), {}});
    } catch (...) {
        return on_error(Error{Problem::refused, {}, "something was thrown that is not a std::exception", {}});
    }
#else
    static_cast<void>(on_error);
    return body();
#endif
}

/// The plugin's table and its functions for the class T. `Image` is a type of the one source file
/// that exports it: all that is static here belongs to that library alone, even when two libraries
/// in one process have plugins of the same name.
template <class T, class Image>
class Export {
    static_assert(std::is_base_of_v<Plugin, T>, "a plugin derives from osaurus::Plugin");

 public:
    /// Keeps the host's table, reads nothing of it, and gives the plugin's.
    static const osr_plugin_api* enter(const osr_host_api* host) noexcept {
        table_of_host().store(host);
        return &table();
    }

 private:
    static std::atomic<const osr_host_api*>& table_of_host() noexcept {
        static std::atomic<const osr_host_api*> table{nullptr};
        return table;
    }

    static const osr_plugin_api& table() noexcept {
        static const osr_plugin_api made = make_table();
        return made;
    }

    // A callback that T does not have is NULL, so that the host does not call it for nothing.
    static osr_plugin_api make_table() noexcept {
        osr_plugin_api made{};
        made.free_string = [](const char* text) { take_back(text); };
        made.init = init;
        made.destroy = destroy;
        made.get_manifest = get_manifest;
        made.invoke = invoke;
        made.version = OSR_ABI_HEADER_VERSION;
        const auto answers = [] { return !manifest().routes.empty(); };
        if (guarded(answers, [](const Error&) { return false; })) { made.handle_route = handle_route; }
        if constexpr (!std::same_as<decltype(&T::on_config_changed), decltype(&Plugin::on_config_changed)>) {
            made.on_config_changed = on_config_changed;
        }
        if constexpr (!std::same_as<decltype(&T::on_task_event), decltype(&Plugin::on_task_event)>) {
            made.on_task_event = on_task_event;
        }
        return made;
    }

    // Never destroyed: a call may still run while the process ends.
    static const Manifest<T>& manifest() {
        static const auto* made = new Manifest<T>(T::describe());
        return *made;
    }

    static CallHost call_host() { return CallHost(table_of_host().load(), manifest().oldest_version_2); }

    static osr_plugin_ctx_t init() noexcept {
        return guarded([]() -> osr_plugin_ctx_t { return new T(); },
                       [](const Error&) -> osr_plugin_ctx_t { return nullptr; });
    }

    static void destroy(osr_plugin_ctx_t ctx) noexcept { delete static_cast<T*>(ctx); }

    static const char* get_manifest(osr_plugin_ctx_t) noexcept {
        return guarded([] { return give(manifest_text(manifest())); },
                       [](const Error&) -> const char* { return nullptr; });
    }

    static const char* invoke(osr_plugin_ctx_t ctx, const char* type, const char* id,
                              const char* payload) noexcept {
        const auto run = [&] { return give(run_tool(*static_cast<T*>(ctx), type, id, payload).json()); };
        return guarded(run, [](const Error& error) { return give(ToolAnswer::failure(error).json()); });
    }

    static ToolAnswer run_tool(T& plugin, std::string_view type, std::string_view id,
                               std::string_view payload) {
        if (type == OSR_TEXT_INVOKE_ARTIFACT) {
            plugin.on_artifact(call_host(), payload);
            return ToolAnswer::success("");
        }
        if (type != OSR_TEXT_INVOKE_TOOL) {
            const std::string text = std::string("`").append(type) + "` is not a kind of call that this plugin knows";
            return ToolAnswer::failure(ToolErrorKind::tool_not_found, text);
        }
        for (const Tool<T>& tool : manifest().tools) {
            if (tool.id == id && tool.run != nullptr) { return (plugin.*tool.run)(call_host(), payload); }
        }
        return ToolAnswer::failure(ToolErrorKind::tool_not_found, std::string("there is no tool `").append(id) + "`");
    }

    static const char* handle_route(osr_plugin_ctx_t ctx, const char* request) noexcept {
        const auto run = [&] {
            return give(response_text(answer(*static_cast<T*>(ctx), RouteRequest(request))));
        };
        return guarded(run, [](const Error& error) {
            return give(response_text(RouteResponse::error(500, error.message)));
        });
    }

    static RouteResponse answer(T& plugin, const RouteRequest& request) {
        const std::string id = request.route_id();
        for (const Route<T>& route : manifest().routes) {
            if (route.id == id && route.run != nullptr) { return (plugin.*route.run)(call_host(), request); }
        }
        return RouteResponse::error(404, std::string("there is no route `").append(id) + "`");
    }

    static void on_config_changed(osr_plugin_ctx_t ctx, const char* key, const char* value) noexcept {
        if (key == nullptr || std::strcmp(key, OSR_TEXT_ABI_PROBE_KEY) == 0) { return; }
        reported("on_config_changed", [&] {
            static_cast<T*>(ctx)->on_config_changed(call_host(), key, value == nullptr ? "" : value);
        });
    }

    static void on_task_event(osr_plugin_ctx_t ctx, const char* task_id, int event,
                              const char* details) noexcept {
        reported("on_task_event", [&] {
            static_cast<T*>(ctx)->on_task_event(call_host(), task_id, static_cast<TaskEvent>(event),
                                                details == nullptr ? "" : details);
        });
    }

    /// Runs an event handler; what it throws becomes a line in the host's log.
    template <class Body>
    static void reported(const char* what, Body body) noexcept {
        guarded(body, [&](const Error& error) {
            call_host().log(LogLevel::error, std::string(what) + ": " + error.message);
        });
    }
};

}  // namespace osaurus::detail

/// Exports the plugin `Type`, a class with a static `osaurus::Manifest<Type> describe()`. Use it
/// once per library, outside of every namespace. Hosts of every version load the result.
#define OSAURUS_PLUGIN(Type)                                                                       \
    namespace {                                                                                    \
    struct osaurus_plugin_image {};                                                                \
    }                                                                                              \
    extern "C" OSR_EXPORT const osr_plugin_api* osaurus_plugin_entry_v2(const osr_host_api* host) { \
        return ::osaurus::detail::Export<Type, osaurus_plugin_image>::enter(host);                 \
    }                                                                                              \
    extern "C" OSR_EXPORT const osr_plugin_api* osaurus_plugin_entry(void) {                       \
        return ::osaurus::detail::Export<Type, osaurus_plugin_image>::enter(nullptr);              \
    }                                                                                              \
    static_assert(true, "so that a semicolon may follow")
