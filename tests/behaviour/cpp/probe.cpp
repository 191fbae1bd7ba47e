// The behaviour table's probe in C++, on osaurus_plugin.hpp; README.md in the folder above says what it does.
#include "osaurus_plugin.hpp"

#include <functional>

#ifndef OLDEST
#define OLDEST v2e
#endif

namespace {

namespace json = osaurus::json;
using osaurus::Expected;
using osaurus::Host;
using osaurus::HostText;
using osaurus::ToolAnswer;

/// What a call brought: the host's text or none, a stream's chunks, or an error that no answer of the host's made.
struct Outcome {
    std::optional<std::string> answer{};
    std::vector<std::string> chunks{};
    std::optional<osaurus::Error> error{};
};

Outcome outcome(osaurus::Error error) {
    if (error.problem == osaurus::Problem::refused) { return {.answer = std::move(error.answer)}; }
    return {.error = std::move(error)};
}

Outcome outcome(const Expected<HostText>& result) {
    return result ? Outcome{.answer = result->str()} : outcome(result.error());
}

Outcome outcome(const Expected<std::optional<HostText>>& result) {
    if (!result) { return outcome(result.error()); }
    return *result ? Outcome{.answer = (*result)->str()} : Outcome{};
}

Outcome outcome(const Expected<void>& result) { return result ? Outcome{} : outcome(result.error()); }

/// The arguments of `call`.
class Arguments {
 public:
    explicit Arguments(std::string_view payload)
        : cancel(json::text_member(payload, "cancel")),
          list_(json::items(json::member(payload, "arguments").value_or("[]")).value_or(std::vector<std::string_view>{})) {}

    const char* operator[](std::size_t at) {
        if (at >= list_.size()) { return nullptr; }
        auto text = json::text(list_[at]);
        if (!text) { return nullptr; }
        kept_.push_back(std::make_unique<std::string>(std::move(*text)));
        return kept_.back()->c_str();
    }

    [[nodiscard]] osaurus::LogLevel level() const {
        return static_cast<osaurus::LogLevel>(json::number<int>(list_.at(0)).value_or(2));
    }

    std::optional<std::string> cancel;

 private:
    std::vector<std::string_view> list_;
    std::vector<std::unique_ptr<std::string>> kept_;
};

Outcome stream(const Host& host, Arguments& with) {
    std::vector<std::string> chunks;
    // A piece comes on a thread of the host's, where cancelling is the one thing that may be done.
    const osaurus::UnscopedHost anywhere = host.unscoped();
    Outcome made = outcome(host.complete_stream(with[0], [&](std::string_view chunk) {
        chunks.emplace_back(chunk);
#if OSR_ABI_HEADER_VERSION >= 3
        if (with.cancel && chunks.size() == 2) { anywhere.complete_cancel(*with.cancel); }
#else
        static_cast<void>(anywhere);
#endif
    }));
    made.chunks = std::move(chunks);
    return made;
}

using Call = std::function<Outcome(const Host&, Arguments&)>;

#define ENTRY(slot, returns, takes) ENTRY_##takes(slot)
#define ENTRY_none(slot) {#slot, [](const Host& h, Arguments&) { return outcome(h.slot()); }},
#define ENTRY_string(slot) {#slot, [](const Host& h, Arguments& a) { return outcome(h.slot(a[0])); }},
#define ENTRY_string_string(slot) {#slot, [](const Host& h, Arguments& a) { return outcome(h.slot(a[0], a[1])); }},
#define ENTRY_int_string(slot) {#slot, [](const Host& h, Arguments& a) { return outcome(h.slot(a.level(), a[1])); }},
#define ENTRY_int_string_string(slot) \
    {#slot, [](const Host& h, Arguments& a) { return outcome(h.slot(a.level(), a[1], a[2])); }},
#define ENTRY_string_chunks(slot) {#slot, stream},
#define ENTRY_consumed(slot)

const std::map<std::string, Call, std::less<>>& calls() {
    static const std::map<std::string, Call, std::less<>> all{OSR_EACH_HOST_SLOT(ENTRY)};
    return all;
}

class Probe : public osaurus::Plugin {
 public:
    static osaurus::Manifest<Probe> describe() {
        constexpr auto automatic = osaurus::PermissionPolicy::automatic;
        return {
            .plugin_id = "dev.behaviour.probe",
            .name = "Probe",
            .version = "1.0.0",
            .description = "Does what the behaviour table asks for.",
            .tools = {{.id = "call", .description = "Calls a function of the host.", .permission = automatic, .run = &Probe::call},
                      {.id = "echo", .description = "Says it again.", .permission = automatic, .run = &Probe::echo},
                      {.id = "refuse", .description = "Fails.", .permission = automatic, .run = &Probe::refuse},
                      {.id = "seen", .description = "Lists the events so far.", .permission = automatic, .run = &Probe::seen}},
            .routes = {{.id = "thing", .path = "/things/:name", .methods = {"GET", "POST"}, .run = &Probe::thing},
                       {.id = "broken", .path = "/broken", .run = &Probe::broken}},
            .config = R"({"title":"Probe","sections":[{"title":"Probe","fields":[
                {"key":"colour","type":"text","label":"Colour"}]}]})",
            .oldest_version_2 = osaurus::Version2::OLDEST,
        };
    }

    ToolAnswer call(const Host& host, std::string_view payload) {
        const auto found = calls().find(json::text_member(payload, "function").value_or(""));
        if (found == calls().end()) {
            return ToolAnswer::failure(osaurus::ToolErrorKind::not_found, "this build does not know the function");
        }
        Arguments arguments(payload);
        const Outcome made = found->second(host, arguments);
        if (made.error) { return ToolAnswer::failure(*made.error); }
        std::string chunks;
        for (const std::string& chunk : made.chunks) {
            if (!chunks.empty()) { chunks += ','; }
            chunks += json::quote(chunk);
        }
        return ToolAnswer::success(
            json::Raw{json::object("answer", made.answer, "chunks", json::Raw{std::string("[").append(chunks) + "]"})});
    }

    ToolAnswer echo(const Host&, std::string_view arguments) {
        const auto text = json::text_member(arguments, "text");
        return text ? ToolAnswer::success(*text) : ToolAnswer::invalid_argument("text", "a string", "`text` is missing");
    }

    ToolAnswer refuse(const Host&, std::string_view) {
        return ToolAnswer::failure(osaurus::ToolErrorKind::not_found, "nothing has that name");
    }

    ToolAnswer seen(const Host&, std::string_view) {
        const std::lock_guard<std::mutex> lock(mutex_);
        std::string list;
        for (const std::string& event : events_) {
            if (!list.empty()) { list += ','; }
            list += json::quote(event);
        }
        return ToolAnswer::success(json::Raw{json::object("events", json::Raw{std::string("[").append(list) + "]"})});
    }

    osaurus::RouteResponse thing(const Host&, const osaurus::RouteRequest& request) {
        return {.status = 201,
                .headers = {{"X-Probe", "yes"}},
                .body = json::object("method", request.method(), "name", request.path_param("name"), "q",
                                     request.query("q").value_or(""), "header", request.header("x-test").value_or(""))};
    }

    osaurus::RouteResponse broken(const Host&, const osaurus::RouteRequest&) { throw std::runtime_error("broken"); }

    void on_config_changed(const Host&, std::string_view key, std::string_view value) override {
        saw(std::string("config ").append(key).append("=").append(value));
    }

    void on_task_event(const Host&, std::string_view task, osaurus::TaskEvent event, std::string_view details) override {
        const std::string kind = std::to_string(static_cast<int>(event));
        saw(std::string("task ").append(kind).append(" ").append(task).append(" ").append(details));
    }

 private:
    void saw(std::string event) {
        const std::lock_guard<std::mutex> lock(mutex_);
        events_.push_back(std::move(event));
    }

    std::mutex mutex_;
    std::vector<std::string> events_;
};

}  // namespace

OSAURUS_PLUGIN(Probe);
