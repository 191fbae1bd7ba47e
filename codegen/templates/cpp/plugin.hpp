// ---- What a plugin is ----

namespace osaurus {
{% for group in enums %}
{{ group.doc }}
enum class {{ group.name }} {
{%- for item in group.items %}
    {{ item.name }},  ///< {{ item.doc }}
{%- endfor %}
};
{% endfor %}
namespace detail {
{%- for group in enums %}
inline std::string_view word({{ group.name }} which) {
    static constexpr std::array<std::string_view, {{ group.items.len() }}> words{
        {{ group.words }}};
    return words[static_cast<std::size_t>(which)];
}
{%- endfor %}
}  // namespace detail

/// What a tool answers. Made by `success`, `failure` and `invalid_argument`.
class ToolAnswer {
 public:
    /// The tool envelope, JSON.
    [[nodiscard]] const std::string& json() const noexcept { return json_; }

    /// It worked; `result` is any JSON value.
    static ToolAnswer success(const json::Raw& result) {
        return ToolAnswer(json::object("ok", true, "result", result));
    }
    /// It worked, and this is what to tell the model.
    static ToolAnswer success(std::string_view text) {
        return success(json::Raw{json::object("text", text)});
    }
    /// It did not work.
    static ToolAnswer failure(ToolErrorKind kind, std::string_view message) {
        return failure(kind, message, retryable(kind));
    }
    /// An argument is missing or wrong: which one, and what would be right.
    static ToolAnswer invalid_argument(std::string_view field, std::string_view expected,
                                       std::string_view message) {
        return ToolAnswer(json::object("ok", false, "kind", detail::word(ToolErrorKind::invalid_args),
                                       "message", message, "retryable", true, "field", field,
                                       "expected", expected));
    }
    /// A host call did not work, so the tool does not: `unavailable`, which no second try changes, when the host lacks it.
    static ToolAnswer failure(const Error& error) {
        const bool lacks =
            error.problem == Problem::no_host || error.problem == Problem::missing_function;
        return lacks ? failure(ToolErrorKind::unavailable, error.message, false)
                     : failure(ToolErrorKind::execution_error, error.message);
    }

 private:
    explicit ToolAnswer(std::string json) : json_(std::move(json)) {}

    static ToolAnswer failure(ToolErrorKind kind, std::string_view message, bool again) {
        return ToolAnswer(json::object("ok", false, "kind", detail::word(kind), "message", message, "retryable", again));
    }

    static bool retryable(ToolErrorKind kind) {
        switch (kind) {
            case ToolErrorKind::rejected:
            case ToolErrorKind::user_denied:
            case ToolErrorKind::not_found:
            case ToolErrorKind::tool_not_found: return false;
            default: return true;
        }
    }

    std::string json_;
};

/// A request to one of the plugin's routes. Views are valid during the handler.
class RouteRequest {
 public:
    /// Takes the request as the host sends it.
    explicit RouteRequest(std::string_view json) : json_(json) {}

    /// The whole request, JSON.
    [[nodiscard]] std::string_view json() const noexcept { return json_; }
    /// Id of the route in the manifest.
    [[nodiscard]] std::string route_id() const { return text("route_id"); }
    /// GET, POST and so on.
    [[nodiscard]] std::string method() const { return text("method"); }
    /// The path below the plugin's prefix, without the query.
    [[nodiscard]] std::string path() const { return text("path"); }
    /// The body; `body_encoding` in `json()` says whether it is base64.
    [[nodiscard]] std::string body() const { return text("body"); }
    /// A parameter of the query, or nothing.
    [[nodiscard]] std::optional<std::string> query(std::string_view name) const { return in("query", name); }
    /// What the path has for `:name`, or nothing.
    [[nodiscard]] std::optional<std::string> path_param(std::string_view name) const {
        return in("path_params", name);
    }
    /// A header, its name in lower case, or nothing.
    [[nodiscard]] std::optional<std::string> header(std::string_view name) const { return in("headers", name); }

 private:
    [[nodiscard]] std::string text(std::string_view key) const {
        return json::text_member(json_, key).value_or("");
    }
    [[nodiscard]] std::optional<std::string> in(std::string_view group, std::string_view name) const {
        const auto found = json::member(json_, group);
        return found ? json::text_member(*found, name) : std::nullopt;
    }
    std::string_view json_;
};

/// The answer to a route request.
struct RouteResponse {
    int status = 200;                            ///< HTTP status.
    std::map<std::string, std::string> headers;  ///< Headers; the host adds no Content-Type.
    std::string body;                            ///< Text, or base64 text.
    bool body_is_base64 = false;                 ///< True for binary bodies, given as base64.

    /// A JSON body.
    static RouteResponse json(int status, std::string body) {
        return {status, {{ "{{" }}"Content-Type", "application/json; charset=utf-8"{{ "}}" }}, std::move(body), false};
    }
    /// {"error": message}.
    static RouteResponse error(int status, std::string_view message) {
        return json(status, json::object("error", message));
    }
};

/// A tool: what the model sees, and the member function that runs it.
template <class T>
struct Tool {
    std::string_view id{};                                   ///< Its name; not empty, no other tool's.
    std::string_view description{};                          ///< What it does, for the model.
    std::string_view parameters = R"({"type":"object"})";    ///< JSON Schema of its arguments.
    PermissionPolicy permission = PermissionPolicy::ask;     ///< Whether the user is asked first.
    std::vector<std::string_view> requirements{};            ///< System permissions that it needs.
    /// Runs it with its arguments, a JSON object. Called on many threads at once.
    ToolAnswer (T::*run)(const Host& host, std::string_view arguments) = nullptr;
};

/// A route: where it answers, and the member function that does.
template <class T>
struct Route {
    std::string_view id{};                   ///< Its name; not empty, no other route's.
    std::string_view path{};                 ///< `/list`, `/items/:id` or `/files/*`.
    std::vector<std::string_view> methods{"GET"};  ///< HTTP methods.
    RouteAuth auth = RouteAuth::owner;       ///< Who may call it.
    std::string_view description{};          ///< What it does, for people.
    bool tunnel_exposed = false;             ///< Whether it can be reached from outside.
    /// Answers a request. Called on many threads at once.
    RouteResponse (T::*run)(const Host& host, const RouteRequest& request) = nullptr;
};

/// What a plugin says about itself. The host reads it while it loads the plugin.
template <class T>
struct Manifest {
    std::string_view plugin_id{};       ///< Its id, `dev.example.name`.
    std::string_view name{};            ///< Its name, for people.
    std::string_view version{};         ///< `1.0.0`.
    std::string_view description{};     ///< What it is for.
    std::vector<Tool<T>> tools{};       ///< Its tools.
    std::vector<Route<T>> routes{};     ///< Its routes.
    std::string_view config{};          ///< Its settings: the manifest's `capabilities.config`, JSON.
    std::string_view web{};             ///< Its pages: the manifest's `capabilities.web`, JSON.
    std::string_view secrets{};         ///< Its secrets: the manifest's `secrets`, a JSON list.
    std::string_view instructions{};    ///< What the model should know beyond the tools.
    std::string_view min_osaurus{};     ///< Oldest Osaurus that it runs on, `M.m.p`.
    bool artifact_handler = false;      ///< Whether `on_artifact` is called.
    Version2 oldest_version_2 = Version2::{{ newest_revision }};  ///< Oldest revision of version 2 that it runs on.
};

/// The base class of plugins. One instance serves all agents and all threads at once; it is made
/// while the plugin is loaded, without a host, so make it quickly.
class Plugin {
 public:
    Plugin() = default;
    Plugin(const Plugin&) = delete;
    Plugin& operator=(const Plugin&) = delete;
    virtual ~Plugin() = default;

    /// A setting has a new value for the calling agent. Never two at once. The first after loading
    /// is a probe of the host's, with the key OSR_TEXT_ABI_PROBE_KEY, and does not get here.
    virtual void on_config_changed(const Host& host, std::string_view key, std::string_view value) {
        static_cast<void>(host), static_cast<void>(key), static_cast<void>(value);
    }
    /// Something happened to a task that this plugin dispatched. Never two at once for one task.
    virtual void on_task_event(const Host& host, std::string_view task_id, TaskEvent event,
                               std::string_view details) {
        static_cast<void>(host), static_cast<void>(task_id), static_cast<void>(event), static_cast<void>(details);
    }
    /// An artifact was shared, JSON; the manifest's `artifact_handler` asks for it. No agent is bound.
    virtual void on_artifact(const Host& host, std::string_view artifact) {
        static_cast<void>(host), static_cast<void>(artifact);
    }
};

namespace detail {
inline void add_item(std::string& list, std::string_view item) {
    if (!list.empty()) { list += ','; }
    list += item;
}

/// A JSON object that leaves out what is empty.
class ObjectText {
 public:
    ObjectText& add(std::string_view key, std::string_view json) {
        if (!json.empty()) { add_item(text_, json::quote(key).append(":").append(json)); }
        return *this;
    }
    ObjectText& add_text(std::string_view key, std::string_view text) {
        return text.empty() ? *this : add(key, json::quote(text));
    }
    [[nodiscard]] std::string done() const { return std::string("{").append(text_) + '}'; }

 private:
    std::string text_;
};

template <class List, class Write>
std::string list_text(const List& list, Write write) {
    std::string out;
    for (const auto& item : list) { add_item(out, write(item)); }
    return std::string("[").append(out) + ']';
}

template <class T>
std::string tool_text(const Tool<T>& tool) {
    return ObjectText()
        .add_text("id", tool.id)
        .add("description", json::quote(tool.description))
        .add("parameters", tool.parameters)
        .add("requirements", list_text(tool.requirements, json::quote))
        .add_text("permission_policy", word(tool.permission))
        .done();
}

template <class T>
std::string route_text(const Route<T>& route) {
    return ObjectText()
        .add_text("id", route.id)
        .add_text("path", route.path)
        .add("methods", list_text(route.methods, json::quote))
        .add_text("auth", word(route.auth))
        .add_text("description", route.description)
        // The registry refuses the key, so it is written only where it says something.
        .add("tunnel_exposed", route.tunnel_exposed ? "true" : "")
        .done();
}

template <class T>
std::string manifest_text(const Manifest<T>& manifest) {
    const std::string capabilities = ObjectText()
        .add("tools", list_text(manifest.tools, tool_text<T>))
        .add("routes", list_text(manifest.routes, route_text<T>))
        .add("config", manifest.config)
        .add("web", manifest.web)
        .add("artifact_handler", json::value(manifest.artifact_handler))
        .done();
    return ObjectText()
        .add_text("plugin_id", manifest.plugin_id)
        .add_text("name", manifest.name)
        .add_text("version", manifest.version)
        .add_text("description", manifest.description)
        .add_text("instructions", manifest.instructions)
        .add_text("min_osaurus", manifest.min_osaurus)
        .add("secrets", manifest.secrets)
        .add("capabilities", capabilities)
        .done();
}

inline std::string response_text(const RouteResponse& response) {
    std::string headers;
    for (const auto& [name, value] : response.headers) {
        add_item(headers, json::quote(name).append(":").append(json::quote(value)));
    }
    const std::string_view encoding = response.body_is_base64 ? "base64" : "utf8";
    return json::object("status", response.status, "headers", json::Raw{std::string("{").append(headers) + '}'}, "body",
                        response.body, "body_encoding", encoding);
}
}  // namespace detail

}  // namespace osaurus
