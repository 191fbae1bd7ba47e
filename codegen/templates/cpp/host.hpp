// ---- The host ----

namespace osaurus {
{% for group in groups %}
{{ group.doc }}
enum class {{ group.name }} : int {
{%- for item in group.items %}
    {{ item.name }} = {{ item.value }},  ///< {{ item.doc }}
{%- endfor %}
};
{% endfor %}
/// The functions of the host, in the order of its table.
enum class Function : std::size_t {
{%- for slot in slots %}
    {{ slot.name }},  ///< {{ slot.summary }}
{%- endfor %}
};

/// The oldest revision of version 2 that a plugin runs on. Hosts that say "version 2" came in five
/// lengths and do not say which; functions of later revisions count as missing there.
enum class Version2 : std::size_t {
{%- for revision in revisions %}
    {{ revision.name }} = {{ revision.host_size }},  ///< Since {{ revision.date }}; its table has {{ revision.host_size }} bytes.
{%- endfor %}
};

namespace detail {
struct FunctionInfo {
    const char* name;
    std::uint32_t since;
    std::size_t end;  // Bytes that a table must have to hold it.
    bool any_thread;
};

inline constexpr std::array<FunctionInfo, {{ slots.len() }}> functions{{ "{{" }}
{%- for slot in slots %}
    {"{{ slot.name }}", {{ slot.since }}, {{ slot.end }}, {{ slot.any_thread }}},
{%- endfor %}
{{ "}}" }};

struct Argument {
    const char* name;
    const Text& text;
    bool may_be_null;
};

// Passes a stream's pieces on. An exception of the receiver ends the deliveries and comes out of
// the call. The lock and `closed` keep a host that gave up waiting from calling into the past.
template <class OnChunk>
class Chunks {
 public:
    explicit Chunks(OnChunk& on_chunk) noexcept : on_chunk_(&on_chunk) {}

    static void receive(const char* chunk, void* self) noexcept {
        static_cast<Chunks*>(self)->deliver(chunk);
    }

    void close() {
        const std::lock_guard<std::mutex> lock(mutex_);
        on_chunk_ = nullptr;
    }

    [[nodiscard]] std::exception_ptr thrown() const { return thrown_; }

 private:
    void deliver(const char* chunk) {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (on_chunk_ == nullptr || chunk == nullptr) { return; }
#if defined(__cpp_exceptions)
        try {
            (*on_chunk_)(std::string_view(chunk));
        } catch (...) {
            thrown_ = std::current_exception();
            on_chunk_ = nullptr;
        }
#else
        (*on_chunk_)(std::string_view(chunk));
#endif
    }

    std::mutex mutex_;
    OnChunk* on_chunk_;
    std::exception_ptr thrown_;
};
}  // namespace detail

class UnscopedHost;
#if defined(__cpp_exceptions)
class ThrowingHost;
#endif

/// The host's functions during one call of the plugin. Use it in the handler that got it, and on
/// that thread: the host knows plugin and agent by the thread. A function that the host does not
/// have gives Problem::missing_function, and its place in the table is never read.
class Host {
 public:
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    /// The version that the host says it has; 1 for hosts without functions.
    [[nodiscard]] std::uint32_t version() const noexcept {
        return table_ == nullptr ? OSR_ABI_VERSION_1 : table_->version;
    }

    /// True when the host has the function.
    [[nodiscard]] bool has(Function function) const noexcept {
        const detail::FunctionInfo& known = known_of(function);
        if (table_ == nullptr || table_->version < known.since) { return false; }
        return table_->version > OSR_ABI_VERSION_2 || known.end <= static_cast<std::size_t>(oldest_);
    }

    /// The same functions without the check of the thread, for work in the background. There the
    /// host can only guess the plugin, and knows no agent: expect what each function does without.
    [[nodiscard]] UnscopedHost unscoped() const noexcept;

#if defined(__cpp_exceptions)
    /// The same functions with exceptions: they return the value and throw HostError.
    [[nodiscard]] ThrowingHost throwing() const noexcept;
#endif
{% for slot in slots %}{% if slot.callable %}
{{ slot.doc }}
{%- if slot.streams %}
    template <std::invocable<std::string_view> OnChunk>
{%- endif %}
    {% if slot.gives_value %}[[nodiscard]] {% endif %}{{ slot.result }} {{ slot.name }}({{ slot.parameters }}) const {
        if (auto error = check(Function::{{ slot.name }}, {{ "{" }}{{ slot.checked }}{{ "}" }})) {
            return detail::fail(std::move(*error));
        }
{%- if slot.streams %}
        auto chunks = std::make_unique<detail::Chunks<std::remove_reference_t<OnChunk>>>(on_chunk);
        using Receiver = std::remove_reference_t<decltype(*chunks)>;
        auto result = answer(table_->{{ slot.name }}({{ slot.arguments }}, &Receiver::receive, chunks.get()));
        chunks->close();
        const std::exception_ptr thrown = chunks->thrown();
        // Only after its own time limit may the host still hold the receiver: then it stays.
        if (!result && result.error().code == "host_timeout") { static_cast<void>(chunks.release()); }
#if defined(__cpp_exceptions)
        if (thrown) { std::rethrow_exception(thrown); }
#endif
        return result;
{%- else if slot.gives_json %}
        return answer(table_->{{ slot.name }}({{ slot.arguments }}));
{%- else if slot.gives_value %}
        return text(table_->{{ slot.name }}({{ slot.arguments }}));
{%- else %}
        table_->{{ slot.name }}({{ slot.arguments }});
        return {};
{%- endif %}
    }
{% endif %}{% endfor %}
 protected:
    /// Made by the entry points; `thread` is the one that may use it, or none for every thread.
    Host(const osr_host_api* table, Version2 oldest, std::thread::id thread) noexcept
        : table_(table), oldest_(oldest), thread_(thread) {}

    /// Reads nothing: the table may be gone by the time of the entry point's return.
    [[nodiscard]] const osr_host_api* table() const noexcept { return table_; }
    /// The oldest revision of version 2 that counts.
    [[nodiscard]] Version2 oldest() const noexcept { return oldest_; }

 private:
    static const detail::FunctionInfo& known_of(Function function) noexcept {
        return detail::functions[static_cast<std::size_t>(function)];
    }

    [[nodiscard]] std::optional<Error> check(
        Function function, std::initializer_list<detail::Argument> arguments) const {
        const detail::FunctionInfo& known = known_of(function);
        const std::string name = known.name;
        if (table_ == nullptr) {
            return Error{Problem::no_host, {}, "a version 1 host has no functions, so no " + name, {}};
        }
        if (!has(function)) { return missing(known); }
        if (!known.any_thread && thread_ != std::thread::id{} && thread_ != std::this_thread::get_id()) {
            return Error{Problem::wrong_thread, {},
                         name + " was called on another thread than the handler's own; there the host "
                                "may charge it to another plugin. Call it in the handler, or use "
                                "unscoped() and expect no agent", {}};
        }
        for (const detail::Argument& argument : arguments) {
            std::string unfit = argument.text.unfit(argument.name, argument.may_be_null);
            if (!unfit.empty()) { return Error{Problem::bad_text, {}, name + ": " + unfit, {}}; }
        }
        return std::nullopt;
    }

    [[nodiscard]] Error missing(const detail::FunctionInfo& known) const {
        std::string message = std::string(known.name) + " needs a host of version " +
                              std::to_string(known.since) + ", this one has version " +
                              std::to_string(version());
        if (version() == OSR_ABI_VERSION_2 && known.since == OSR_ABI_VERSION_2) {
            message = std::string(known.name) +
                      " came in a later revision of version 2 than the oldest that the plugin runs on";
        }
        return Error{Problem::missing_function, {}, std::move(message), {}};
    }

    /// Text that may be missing.
    [[nodiscard]] Expected<std::optional<HostText>> text(const char* found) const {
        if (found == nullptr) { return std::optional<HostText>{}; }
        return std::optional<HostText>(HostText(found, table_));
    }

    /// JSON, which may be an error. The helper process nests it: {"error":{"code":…,"message":…}}.
    [[nodiscard]] Expected<HostText> answer(const char* found) const {
        if (found == nullptr) {
            return detail::fail(Error{Problem::no_answer, {}, "the host returned NULL", {}});
        }
        HostText answer(found, table_);
        const auto error = json::member(answer.view(), "error");
        if (!error || *error == "null") { return answer; }
        const bool nested = error->starts_with('{');
        const std::string_view from = nested ? *error : answer.view();
        std::string code = json::text_member(from, nested ? "code" : "error").value_or("");
        std::string message = json::text_member(from, "message").value_or(code);
        return detail::fail(Error{Problem::refused, std::move(code), std::move(message), answer.str()});
    }

    const osr_host_api* table_;
    Version2 oldest_;
    std::thread::id thread_;
};

/// A host for work in the background: it may be kept and used on every thread, as long as the
/// plugin is loaded.
class UnscopedHost : public Host {
 public:
    /// Made by `Host::unscoped`.
    UnscopedHost(const osr_host_api* table, Version2 oldest) noexcept
        : Host(table, oldest, std::thread::id{}) {}
    /// Another handle to the same host.
    UnscopedHost(const UnscopedHost& other) noexcept : UnscopedHost(other.table(), other.oldest()) {}
    UnscopedHost& operator=(const UnscopedHost&) = delete;
};

inline UnscopedHost Host::unscoped() const noexcept { return UnscopedHost(table_, oldest_); }

#if defined(__cpp_exceptions)
namespace detail {
template <class T>
T take(Expected<T>&& result) {
    if (!result) { throw HostError(std::move(result.error())); }
    if constexpr (!std::is_void_v<T>) { return std::move(*result); }
}
}  // namespace detail

/// The host's functions with exceptions: each returns the value of its twin in Host, or throws
/// HostError. Use it where you may use the Host that it came from.
class ThrowingHost {
 public:
    /// Made by `Host::throwing`.
    explicit ThrowingHost(const Host& host) noexcept : host_(host) {}
{% for slot in slots %}{% if slot.callable %}
    /// See Host::{{ slot.name }}.
{%- if slot.streams %}
    template <std::invocable<std::string_view> OnChunk>
{%- endif %}
    {{ slot.thrown_result }} {{ slot.name }}({{ slot.parameters }}) const {
        return detail::take(host_.{{ slot.name }}({{ slot.forwarded }}));
    }
{% endif %}{% endfor %}
 private:
    const Host& host_;
};

inline ThrowingHost Host::throwing() const noexcept { return ThrowingHost(*this); }
#endif

}  // namespace osaurus
