// Generated from abi-spec by `osaurus-bridge gen cpp --abi 6`. Edit the spec, not this file.
//
// osaurus_plugin.hpp: Osaurus plugins in C++20, header only, over osaurus_plugin.h of ABI version 6.
//
// How to use it
//   Derive a class from osaurus::Plugin, say in `describe()` what it offers, and end the file with
//   OSAURUS_PLUGIN(YourClass). Build a shared library with -fvisibility=hidden, or two plugins that
//   both have a class of one name could be taken for each other.
//
// Results or exceptions
//   A function of osaurus::Host returns Expected<T> (std::expected where the library has it).
//   host.throwing() has the same functions, which return T and throw HostError instead.
//
// What it takes care of
//   Each string is freed by the side that made it. No function is called that the host's version
//   does not promise. No exception leaves a callback: it becomes a tool failure, a response with
//   status 500, or a log line. A call on another thread than the handler's own is refused, because
//   the host might charge it to another plugin; host.unscoped() is the way around that.

#ifndef OSAURUS_PLUGIN_HPP
#define OSAURUS_PLUGIN_HPP

#include "osaurus_plugin.h"

#include <array>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <limits>
#include <locale>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>
#include <version>
#if defined(__cpp_lib_expected)
#include <expected>
#endif

#if OSR_ABI_HEADER_VERSION != 6
#error "osaurus_plugin.hpp and osaurus_plugin.h are of different ABI versions: generate both with one command"
#endif

// ---- Results ----

namespace osaurus {

/// What prevented a host call.
enum class Problem {
    no_host,           ///< The plugin was loaded by a version 1 host, which has no functions.
    missing_function,  ///< The host is older than the function.
    wrong_thread,      ///< The call was made on another thread than the handler's own.
    bad_text,          ///< An argument is NULL where it must not be, or has a NUL character in it.
    no_answer,         ///< The host returned NULL where it never should: it is out of memory.
    refused,           ///< The host answered with an error.
};

/// A host call that did not work.
struct Error {
    Problem problem = Problem::refused;  ///< What prevented it.
    std::string code;     ///< The host's error code; of the database, SQLite's text. Else empty.
    std::string message;  ///< A sentence for people.
    std::string answer;   ///< The host's whole answer, JSON. Empty unless `problem` is `refused`.
};

#if defined(__cpp_exceptions)
/// A host call that did not work, thrown by the functions of `Host::throwing()`.
class HostError : public std::runtime_error {
 public:
    /// Takes the error that is thrown.
    explicit HostError(Error error) : std::runtime_error(error.message), error_(std::move(error)) {}
    /// What happened.
    [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
    Error error_;
};
#endif

#if defined(__cpp_lib_expected)

/// The result of a host call, or why there is none.
template <class T>
using Expected = std::expected<T, Error>;

namespace detail {
inline std::unexpected<Error> fail(Error error) { return std::unexpected<Error>(std::move(error)); }
}  // namespace detail

#else

namespace detail {
struct Failure {
    Error error;
};
inline Failure fail(Error error) { return Failure{std::move(error)}; }

[[noreturn]] inline void bad_access(const Error& error) {
#if defined(__cpp_exceptions)
    throw HostError(error);
#else
    static_cast<void>(error);
    std::abort();
#endif
}
}  // namespace detail

/// The result of a host call, or why there is none: the part of std::expected that is used here,
/// for libraries without it. `value()` of a failure throws HostError.
template <class T>
class Expected {
 public:
    Expected(T value) : held_(std::in_place_index<0>, std::move(value)) {}
    Expected(detail::Failure failure) : held_(std::in_place_index<1>, std::move(failure.error)) {}
    /// True when there is a result.
    [[nodiscard]] bool has_value() const noexcept { return held_.index() == 0; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }
    /// The result; throws HostError when there is none.
    [[nodiscard]] T& value() & { return checked(*this); }
    [[nodiscard]] const T& value() const& { return checked(*this); }
    [[nodiscard]] T&& value() && { return std::move(checked(*this)); }
    /// The result, which must be there.
    [[nodiscard]] T& operator*() & { return *std::get_if<0>(&held_); }
    [[nodiscard]] const T& operator*() const& { return *std::get_if<0>(&held_); }
    [[nodiscard]] T&& operator*() && { return std::move(*std::get_if<0>(&held_)); }
    [[nodiscard]] T* operator->() { return std::get_if<0>(&held_); }
    [[nodiscard]] const T* operator->() const { return std::get_if<0>(&held_); }
    /// Why there is no result; there must be none.
    [[nodiscard]] Error& error() { return *std::get_if<1>(&held_); }
    [[nodiscard]] const Error& error() const { return *std::get_if<1>(&held_); }

 private:
    template <class Self>
    static auto& checked(Self& self) {
        if (!self.has_value()) { detail::bad_access(self.error()); }
        return *std::get_if<0>(&self.held_);
    }
    std::variant<T, Error> held_;
};

/// Success without a value, or why not.
template <>
class Expected<void> {
 public:
    Expected() = default;
    Expected(detail::Failure failure) : error_(std::move(failure.error)) {}
    /// True when the call was made.
    [[nodiscard]] bool has_value() const noexcept { return !error_.has_value(); }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }
    /// Throws HostError when the call was not made.
    void value() const {
        if (error_) { detail::bad_access(*error_); }
    }
    /// Why the call was not made; it must not have been.
    [[nodiscard]] Error& error() { return *error_; }
    [[nodiscard]] const Error& error() const { return *error_; }

 private:
    std::optional<Error> error_;
};

#endif

}  // namespace osaurus
// ---- Strings that cross the boundary ----

namespace osaurus {

namespace detail {
inline void free_host_text(const osr_host_api* host, const char* text) noexcept {
    if (text == nullptr) { return; }
    if (OSR_HOST_HAS(host, free_string)) {
        host->free_string(text);
        return;
    }
    std::free(const_cast<char*>(text));
}

/// The plugin's side: what is given here comes back to `take_back`, through the table.
inline const char* give(std::string_view text) noexcept {
    char* copy = static_cast<char*>(std::malloc(text.size() + 1));
    if (copy == nullptr) { return nullptr; }
    text.copy(copy, text.size());
    copy[text.size()] = '\0';
    return copy;
}

inline void take_back(const char* text) noexcept { std::free(const_cast<char*>(text)); }
}  // namespace detail

/// A string that the host returned. Gives it back to the host when it goes: by the host's
/// `free_string` from version 6 on, by libc's `free` before. Can be moved, not copied.
class HostText {
 public:
    /// Takes over a string of this host's.
    HostText(const char* text, const osr_host_api* host) noexcept : text_(text), host_(host) {}
    HostText(const HostText&) = delete;
    HostText& operator=(const HostText&) = delete;
    /// Takes over what the other holds.
    HostText(HostText&& other) noexcept
        : text_(std::exchange(other.text_, nullptr)), host_(other.host_) {}
    /// Swaps what the two hold; the other frees it when it goes.
    HostText& operator=(HostText&& other) noexcept {
        std::swap(text_, other.text_);
        std::swap(host_, other.host_);
        return *this;
    }
    ~HostText() { detail::free_host_text(host_, text_); }

    /// The text; valid as long as this object.
    [[nodiscard]] std::string_view view() const noexcept { return c_str(); }
    /// The text, ending in NUL; valid as long as this object.
    [[nodiscard]] const char* c_str() const noexcept { return text_ == nullptr ? "" : text_; }
    /// A copy of the text.
    [[nodiscard]] std::string str() const { return c_str(); }

 private:
    const char* text_;
    const osr_host_api* host_;
};

/// A string argument: made from a literal, a std::string, a std::string_view, or nullptr where a
/// function allows it. Only a string_view is copied. Invalid UTF-8 reaches the host as U+FFFD.
class Text {
 public:
    Text(std::nullptr_t) noexcept {}  ///< None: NULL.
    Text(const char* text) noexcept : text_(text) {}  ///< Points to it.
    /// Points into it.
    Text(const std::string& text) noexcept : text_(text.c_str()), nul_(text.find('\0')) {}
    /// Copies it, to end it in NUL.
    Text(std::string_view text) : copy_(text), text_(copy_.c_str()), nul_(copy_.find('\0')) {}
    /// Points into it.
    Text(const HostText& text) noexcept : text_(text.c_str()) {}
    Text(const Text&) = delete;
    Text& operator=(const Text&) = delete;

    /// The text as the host gets it; nullptr when there is none.
    [[nodiscard]] const char* c_str() const noexcept { return text_; }

    /// What makes it unfit as the argument `name`, or an empty string.
    [[nodiscard]] std::string unfit(std::string_view name, bool may_be_null) const {
        const std::string argument = std::string("the argument `").append(name) + "` ";
        if (text_ == nullptr && !may_be_null) { return argument + "is NULL"; }
        if (nul_ == std::string::npos) { return {}; }
        return argument + "has a NUL character at byte " + std::to_string(nul_) +
               "; the host would see only what comes before it";
    }

 private:
    std::string copy_;
    const char* text_ = nullptr;
    std::size_t nul_ = std::string::npos;
};

}  // namespace osaurus
// ---- JSON: enough to write requests and answers, and to read what is at the top of an object ----
// For more than that, use a JSON library of your choice: every function here takes and gives text.

/// Reads and writes JSON text.
namespace osaurus::json {

/// Text that is JSON already and goes in as it is.
struct Raw {
    std::string text;  ///< A whole JSON value.
};

/// A string as JSON, with its quotes.
inline std::string quote(std::string_view text) {
    static constexpr std::string_view hex = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20U) {
            out += "\\u00";
            out += hex[byte >> 4U];
            out += hex[byte & 15U];
        } else {
            out += c;
        }
    }
    return out + '"';
}

/// null.
inline std::string value(std::nullptr_t) { return "null"; }
/// What is JSON already.
inline std::string value(const Raw& raw) { return raw.text; }
/// A string.
inline std::string value(std::string_view text) { return quote(text); }
/// A string that the host returned.
inline std::string value(const HostText& text) { return quote(text.view()); }

/// true, false, or a number; infinities and NaN, which JSON does not have, become null.
template <class T>
    requires std::is_arithmetic_v<T>
std::string value(T number) {
    if constexpr (std::same_as<T, bool>) {
        return number ? "true" : "false";
    } else if constexpr (std::integral<T>) {
        return std::to_string(number);
    } else {
        if (!(number - number == T{})) { return "null"; }
        std::ostringstream out;
        out.imbue(std::locale::classic());
        out.precision(std::numeric_limits<T>::max_digits10);
        out << number;
        return out.str();
    }
}

/// The value, or null when there is none.
template <class T>
std::string value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : "null";
}

/// A list: `array("a", 1, true)` is `["a",1,true]`. Fits the parameters of `db_exec`.
template <class... Values>
std::string array(const Values&... values) {
    std::string out = "[";
    ((out += value(values), out += ','), ...);
    if (sizeof...(Values) > 0) { out.pop_back(); }
    return out + ']';
}

/// Keys and values in turns: `object("id", 7, "name", "x")` is `{"id":7,"name":"x"}`.
template <class... Rest>
std::string object(const Rest&... rest) {
    static_assert(sizeof...(Rest) % 2 == 0, "object() takes keys and values in turns");
    std::string out = "{";
    bool key = true;
    ((out += value(rest), out += key ? ':' : ',', key = !key), ...);
    if (sizeof...(Rest) > 0) { out.pop_back(); }
    return out + '}';
}

namespace detail {
/// Walks over JSON text; every step says whether the text was well-formed so far.
class Scanner {
 public:
    explicit Scanner(std::string_view text) : rest_(text) { space(); }

    bool take(char wanted) {
        if (rest_.empty() || rest_.front() != wanted) { return false; }
        rest_.remove_prefix(1);
        space();
        return true;
    }

    /// A string with its quotes.
    std::optional<std::string_view> string() {
        if (rest_.empty() || rest_.front() != '"') { return std::nullopt; }
        for (std::size_t at = 1; at < rest_.size(); ++at) {
            if (rest_[at] == '\\') {
                ++at;
            } else if (rest_[at] == '"') {
                return cut(at + 1);
            }
        }
        return std::nullopt;
    }

    /// Any value, with all that is in it.
    std::optional<std::string_view> value() {
        const std::string_view start = rest_;
        std::size_t depth = 0;
        do {
            if (rest_.empty()) { return std::nullopt; }
            const char c = rest_.front();
            if (c == '"') {
                if (!string()) { return std::nullopt; }
            } else if (c == '{' || c == '[') {
                ++depth;
                take(c);
            } else if (c == '}' || c == ']') {
                if (depth == 0) { return std::nullopt; }
                --depth;
                take(c);
            } else if (c == ',' || c == ':') {
                if (depth == 0) { return std::nullopt; }
                take(c);
            } else {
                cut(word());
            }
        } while (depth > 0);
        std::string_view whole = start.substr(0, start.size() - rest_.size());
        while (!whole.empty() && is_space(whole.back())) { whole.remove_suffix(1); }
        return whole;
    }

 private:
    static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

    void space() {
        while (!rest_.empty() && is_space(rest_.front())) { rest_.remove_prefix(1); }
    }

    [[nodiscard]] std::size_t word() const {
        const std::size_t end = rest_.find_first_of(" \n\r\t,:]}[{\"");
        return end == std::string_view::npos ? rest_.size() : end;
    }

    std::string_view cut(std::size_t length) {
        const std::string_view piece = rest_.substr(0, length);
        rest_.remove_prefix(length);
        space();
        return piece;
    }

    std::string_view rest_;
};

inline void append_utf8(std::string& out, std::uint32_t code) {
    const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80U) {
        put(code);
    } else if (code < 0x800U) {
        put(0xC0U | (code >> 6U));
        put(0x80U | (code & 0x3FU));
    } else if (code < 0x10000U) {
        put(0xE0U | (code >> 12U));
        put(0x80U | ((code >> 6U) & 0x3FU));
        put(0x80U | (code & 0x3FU));
    } else {
        put(0xF0U | (code >> 18U));
        put(0x80U | ((code >> 12U) & 0x3FU));
        put(0x80U | ((code >> 6U) & 0x3FU));
        put(0x80U | (code & 0x3FU));
    }
}

/// Four hexadecimal digits at the beginning of a string.
inline std::optional<std::uint32_t> hex4(std::string_view text) {
    if (text.size() < 4) { return std::nullopt; }
    std::uint32_t code = 0;
    for (const char c : text.substr(0, 4)) {
        const std::size_t digit = std::string_view("0123456789abcdef0123456789ABCDEF").find(c);
        if (digit == std::string_view::npos) { return std::nullopt; }
        code = code * 16U + static_cast<std::uint32_t>(digit % 16U);
    }
    return code;
}

/// The character of a `\u` escape; `text` begins after the `u` and loses what was read.
inline std::optional<std::uint32_t> escaped_character(std::string_view& text) {
    const auto first = hex4(text);
    if (!first) { return std::nullopt; }
    text.remove_prefix(4);
    if (*first < 0xD800U || *first > 0xDFFFU) { return first; }
    const auto second = text.starts_with("\\u") ? hex4(text.substr(2)) : std::nullopt;
    if (*first > 0xDBFFU || !second || *second < 0xDC00U || *second > 0xDFFFU) { return 0xFFFDU; }
    text.remove_prefix(6);
    return 0x10000U + ((*first - 0xD800U) << 10U) + (*second - 0xDC00U);
}
}  // namespace detail

/// The text of a JSON string, given with its quotes; nothing when it is not a string.
inline std::optional<std::string> text(std::string_view raw) {
    if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') { return std::nullopt; }
    raw = raw.substr(1, raw.size() - 2);
    static constexpr std::string_view names = "\"\\/bfnrt";
    static constexpr std::string_view characters = "\"\\/\b\f\n\r\t";
    std::string out;
    while (!raw.empty()) {
        const char c = raw.front();
        raw.remove_prefix(1);
        if (c != '\\') {
            out += c;
            continue;
        }
        if (raw.empty()) { return std::nullopt; }
        const char name = raw.front();
        raw.remove_prefix(1);
        if (name == 'u') {
            const auto code = detail::escaped_character(raw);
            if (!code) { return std::nullopt; }
            detail::append_utf8(out, *code);
        } else if (const std::size_t at = names.find(name); at != std::string_view::npos) {
            out += characters[at];
        } else {
            return std::nullopt;
        }
    }
    return out;
}

/// The value of a key at the top of an object, as JSON; nothing when the text is not an object or has
/// no such key. The view points into `object`.
inline std::optional<std::string_view> member(std::string_view object, std::string_view key) {
    detail::Scanner scanner(object);
    if (!scanner.take('{')) { return std::nullopt; }
    while (const auto name = scanner.string()) {
        if (!scanner.take(':')) { return std::nullopt; }
        const auto found = scanner.value();
        if (!found || text(*name) == key) { return found; }
        if (!scanner.take(',')) { return std::nullopt; }
    }
    return std::nullopt;
}

/// The text of a key at the top of an object; nothing when it is missing or no string.
inline std::optional<std::string> text_member(std::string_view object, std::string_view key) {
    const auto found = member(object, key);
    return found ? text(*found) : std::nullopt;
}

/// A number as T; nothing when the text is none or does not fit.
template <class T>
    requires(std::is_arithmetic_v<T> && sizeof(T) > 1)
std::optional<T> number(std::string_view raw) {
    if (std::is_unsigned_v<T> && raw.starts_with('-')) { return std::nullopt; }
    std::istringstream in{std::string(raw)};
    in.imbue(std::locale::classic());
    T found{};
    in >> found;
    if (in.fail() || in.peek() != std::istringstream::traits_type::eof()) { return std::nullopt; }
    return found;
}

/// The number of a key at the top of an object; nothing when it is missing, no number, or too big.
template <class T>
std::optional<T> number_member(std::string_view object, std::string_view key) {
    const auto found = member(object, key);
    return found ? number<T>(*found) : std::nullopt;
}

/// Every value of a list, as JSON; nothing when the text is not a list. The views point into `list`.
inline std::optional<std::vector<std::string_view>> items(std::string_view list) {
    detail::Scanner scanner(list);
    std::vector<std::string_view> found;
    if (!scanner.take('[')) { return std::nullopt; }
    if (scanner.take(']')) { return found; }
    do {
        const auto value = scanner.value();
        if (!value) { return std::nullopt; }
        found.push_back(*value);
    } while (scanner.take(','));
    return scanner.take(']') ? std::optional(found) : std::nullopt;
}

}  // namespace osaurus::json
// ---- The host ----

namespace osaurus {

/// Levels of `log` and `log_structured`.
enum class LogLevel : int {
    trace = 0,  ///< Steps that matter only while looking for one bug.
    debug = 1,  ///< Details for the plugin's author.
    info = 2,  ///< What a user may want to know.
    warn = 3,  ///< Something is wrong but the work goes on.
    error = 4,  ///< Something failed.
};

/// Kinds of events that `on_task_event` receives.
enum class TaskEvent : int {
    started = 0,  ///< The task is registered and runs.
    activity = 1,  ///< The agent called a tool; may be repeated.
    progress = 2,  ///< The task has come so far. Defined, but no known host sends it.
    clarification = 3,  ///< The agent asks the user a question and waits.
    completed = 4,  ///< The task ended well. The last event of a task.
    failed = 5,  ///< The task failed. The last event of a task.
    cancelled = 6,  ///< The task was cancelled, or shut down while active. The last event of a task.
    output = 7,  ///< A piece of the task's text. Came a day after revision 2c; no known host sends it.
    draft = 8,  ///< Answers `send_draft` with the draft.
};

/// The functions of the host, in the order of its table.
enum class Function : std::size_t {
    config_get,  ///< Reads one of the plugin's configuration values or secrets for the agent of the calling frame; hosts since mid 2026 fall back to the value set for all agents.
    config_set,  ///< Stores a configuration value or secret for the agent of the calling frame.
    config_delete,  ///< Removes a configuration value of the agent of the calling frame; a key that is not set is not an error.
    db_exec,  ///< Runs one SQL statement in the plugin's own SQLite database, which all agents share.
    db_query,  ///< Runs one SQL statement in the plugin's own SQLite database and returns its rows.
    log,  ///< Writes a line to the host's log and activity list.
    dispatch,  ///< Starts a background task in which the agent of the calling frame works on a prompt.
    task_status,  ///< Reads the state of a task that this plugin dispatched.
    dispatch_cancel,  ///< Stops a task that this plugin dispatched; a CANCELLED event follows.
    dispatch_clarify,  ///< Answered a task's clarification question in version 2 hosts.
    complete,  ///< Asks a model for a chat completion and waits for the whole answer.
    complete_stream,  ///< Asks a model for a chat completion, hands out each piece as it comes, and returns the whole answer at the end.
    embed,  ///< Computes embedding vectors for one or several strings.
    list_models,  ///< Lists the models that the host can use now: local ones, one for embeddings, and those of remote providers.
    http_request,  ///< Sends an HTTP request and waits for the response.
    file_read,  ///< Reads a file from the host's artifacts folder, for example one that a share-artifact call has just announced.
    list_active_tasks,  ///< Lists this plugin's tasks that are not finished, of all agents, in no particular order.
    send_draft,  ///< Attaches a preliminary result to an active task of this plugin; a DRAFT event with it comes back.
    dispatch_interrupt,  ///< Stops the model in an active task of this plugin; the task then completes with what it has.
    dispatch_add_issue,  ///< Added an issue to a running task in version 2 hosts.
    complete_cancel,  ///< Ends a running `complete_stream` of this plugin early; that call then returns the error `cancelled`.
    get_active_agent_id,  ///< Tells for which agent the host is calling.
    log_structured,  ///< Writes a line to the host's log with a payload that the activity list shows beside it.
    free_string,  ///< Frees a string that a function of this table returned.
};

/// The oldest revision of version 2 that a plugin runs on. Hosts that say "version 2" came in five
/// lengths and do not say which; functions of later revisions count as missing there.
enum class Version2 : std::size_t {
    v2a = 56,  ///< Since 2026-03-01; its table has 56 bytes.
    v2b = 128,  ///< Since 2026-03-02; its table has 128 bytes.
    v2c = 128,  ///< Since 2026-03-02; its table has 128 bytes.
    v2d = 136,  ///< Since 2026-03-25; its table has 136 bytes.
    v2e = 168,  ///< Since 2026-03-29; its table has 168 bytes.
};

namespace detail {
struct FunctionInfo {
    const char* name;
    std::uint32_t since;
    std::size_t end;  // Bytes that a table must have to hold it.
    bool any_thread;
};

inline constexpr std::array<FunctionInfo, 24> functions{{
    {"config_get", 2, 16, false},
    {"config_set", 2, 24, false},
    {"config_delete", 2, 32, false},
    {"db_exec", 2, 40, false},
    {"db_query", 2, 48, false},
    {"log", 2, 56, true},
    {"dispatch", 2, 64, false},
    {"task_status", 2, 72, false},
    {"dispatch_cancel", 2, 80, false},
    {"dispatch_clarify", 2, 88, false},
    {"complete", 2, 96, false},
    {"complete_stream", 2, 104, false},
    {"embed", 2, 112, false},
    {"list_models", 2, 120, false},
    {"http_request", 2, 128, false},
    {"file_read", 2, 136, false},
    {"list_active_tasks", 2, 144, false},
    {"send_draft", 2, 152, false},
    {"dispatch_interrupt", 2, 160, false},
    {"dispatch_add_issue", 2, 168, false},
    {"complete_cancel", 3, 176, true},
    {"get_active_agent_id", 4, 184, false},
    {"log_structured", 5, 192, true},
    {"free_string", 6, 200, true},
}};

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

    /// Reads one of the plugin's configuration values or secrets for the agent of the calling
    /// frame; hosts since mid 2026 fall back to the value set for all agents.
    ///
    /// NULL is the ordinary answer for a key that is not set; an empty string is a value. Without
    /// an agent, or with the built-in default agent, the answer is always NULL.
    ///
    /// @param key Name of the value. Any text; it need not be declared in the manifest.
    /// @return The stored text.
    /// - Since: version 2 (2a).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: briefly (reads the system's secret store).
    /// - Agent: works for the agent of the calling frame.
    [[nodiscard]] Expected<std::optional<HostText>> config_get(const Text& key) const {
        if (auto error = check(Function::config_get, {{"key", key, false}})) {
            return detail::fail(std::move(*error));
        }
        return text(table_->config_get(key.c_str()));
    }

    /// Stores a configuration value or secret for the agent of the calling frame.
    ///
    /// Values over 1 MiB of UTF-8 are dropped with a warning in the host's log. Without a chat
    /// agent the call does nothing. The plugin's own `on_config_changed` is not called.
    ///
    /// @param key Name of the value.
    /// @param value Text to store, at most 1,048,576 bytes. An empty string is a value; use
    ///   `config_delete` to remove one.
    /// - Since: version 2 (2a).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: briefly (writes the system's secret store).
    /// - Agent: works for the agent of the calling frame.
    Expected<void> config_set(const Text& key, const Text& value) const {
        if (auto error = check(Function::config_set, {{"key", key, false}, {"value", value, false}})) {
            return detail::fail(std::move(*error));
        }
        table_->config_set(key.c_str(), value.c_str());
        return {};
    }

    /// Removes a configuration value of the agent of the calling frame; a key that is not set is
    /// not an error.
    ///
    /// A value set for all agents stays, so `config_get` may still find one. Without a chat agent
    /// the call does nothing.
    ///
    /// @param key Name of the value.
    /// - Since: version 2 (2a).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: briefly (writes the system's secret store).
    /// - Agent: works for the agent of the calling frame.
    Expected<void> config_delete(const Text& key) const {
        if (auto error = check(Function::config_delete, {{"key", key, false}})) {
            return detail::fail(std::move(*error));
        }
        table_->config_delete(key.c_str());
        return {};
    }

    /// Runs one SQL statement in the plugin's own SQLite database, which all agents share.
    ///
    /// Only the first statement of `sql` runs. ATTACH, DETACH and load_extension are refused; the
    /// file is limited to 100 MiB. A SELECT runs but its rows are lost: use `db_query`.
    ///
    /// @param sql One statement, with `?`, `?NNN` or named placeholders.
    /// @param params_json JSON array with the values in placeholder order. Anything but an array
    ///   is ignored and binds NULL. NULL: No parameters are bound; an empty string does the same.
    /// @return JSON with the number of changed rows, or an object whose `error` is SQLite's
    ///   message.
    /// - Since: version 2 (2a).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: yes (until the plugin's database queue has run the statement; a busy database is
    ///   retried for 5 s).
    [[nodiscard]] Expected<HostText> db_exec(const Text& sql, const Text& params_json = nullptr) const {
        if (auto error = check(Function::db_exec, {{"sql", sql, false}, {"params_json", params_json, true}})) {
            return detail::fail(std::move(*error));
        }
        return answer(table_->db_exec(sql.c_str(), params_json.c_str()));
    }

    /// Runs one SQL statement in the plugin's own SQLite database and returns its rows.
    ///
    /// All rows are returned at once; there is no limit on their number. An error while stepping
    /// ends the result early and is not reported. Writes are allowed.
    ///
    /// @param sql One statement, with `?`, `?NNN` or named placeholders.
    /// @param params_json JSON array with the values in placeholder order. Anything but an array
    ///   is ignored and binds NULL. NULL: No parameters are bound; an empty string does the same.
    /// @return JSON with column names and rows, each row an array, or an object whose `error` is
    ///   SQLite's message.
    /// - Since: version 2 (2a).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: yes (until the plugin's database queue has read all rows; a busy database is
    ///   retried for 5 s).
    [[nodiscard]] Expected<HostText> db_query(const Text& sql, const Text& params_json = nullptr) const {
        if (auto error = check(Function::db_query, {{"sql", sql, false}, {"params_json", params_json, true}})) {
            return detail::fail(std::move(*error));
        }
        return answer(table_->db_query(sql.c_str(), params_json.c_str()));
    }

    /// Writes a line to the host's log and activity list.
    ///
    /// May be called on any thread, but on a thread of the plugin's own the host can only guess
    /// which plugin is speaking.
    ///
    /// @param level One of the `OSR_LOG_` constants, 0 to 4; other numbers are shown as LOG.
    /// @param message Text of any length.
    /// - Since: version 2 (2a).
    /// - Thread: any, at any time.
    /// - Blocks: no, returns at once.
    Expected<void> log(LogLevel level, const Text& message) const {
        if (auto error = check(Function::log, {{"message", message, false}})) {
            return detail::fail(std::move(*error));
        }
        table_->log(static_cast<int>(level), message.c_str());
        return {};
    }

    /// Starts a background task in which the agent of the calling frame works on a prompt.
    ///
    /// Returns the task's id as soon as it is registered; progress and the end come through
    /// `on_task_event`, the state through `task_status`. The built-in default agent cannot be
    /// used. At most 10 calls in 60 s per plugin and agent.
    ///
    /// @param request_json What to do, as JSON.
    /// @return The new task, or an error envelope.
    /// - Since: version 2 (2b).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: yes (until the task is registered, not until it is done).
    /// - Agent: works for the agent of the calling frame.
    /// - Errors: invalid_request, built_in_agent_not_exposable, rate_limit_exceeded,
    ///   task_limit_reached, context_unavailable, host_timeout, not_supported_out_of_process.
    [[nodiscard]] Expected<HostText> dispatch(const Text& request_json) const {
        if (auto error = check(Function::dispatch, {{"request_json", request_json, false}})) {
            return detail::fail(std::move(*error));
        }
        return answer(table_->dispatch(request_json.c_str()));
    }

    /// Reads the state of a task that this plugin dispatched.
    ///
    /// A cancelled task stays readable for about 15 s, a finished one until the user has seen it;
    /// then it is `not_found`.
    ///
    /// @param task_id Id from `dispatch`, a UUID.
    /// @return The task's state, or an error envelope.
    /// - Since: version 2 (2b).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: briefly (asks the host's main loop, 30 s at most).
    /// - Errors: invalid_task_id, not_found, context_unavailable, host_timeout,
    ///   not_supported_out_of_process.
    [[nodiscard]] Expected<HostText> task_status(const Text& task_id) const {
        if (auto error = check(Function::task_status, {{"task_id", task_id, false}})) {
            return detail::fail(std::move(*error));
        }
        return answer(table_->task_status(task_id.c_str()));
    }

    /// Stops a task that this plugin dispatched; a CANCELLED event follows.
    ///
    /// An id that is not a UUID or belongs to another plugin does nothing but leave one warning
    /// in the host's log.
    ///
    /// @param task_id Id from `dispatch`, a UUID.
    /// - Since: version 2 (2b).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: briefly (asks the host's main loop, 30 s at most).
    Expected<void> dispatch_cancel(const Text& task_id) const {
        if (auto error = check(Function::dispatch_cancel, {{"task_id", task_id, false}})) {
            return detail::fail(std::move(*error));
        }
        table_->dispatch_cancel(task_id.c_str());
        return {};
    }

    /// Answered a task's clarification question in version 2 hosts. The slot remains so that
    /// later ones keep their place.
    ///
    /// Reserved: Without effect since version 3. The user answers a task's question in the chat
    /// window.
    ///
    /// @param task_id Id from `dispatch`, a UUID.
    /// @param response The answer, as text.
    /// - Since: version 2 (2b).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: no, returns at once.
    Expected<void> dispatch_clarify(const Text& task_id, const Text& response) const {
        if (auto error = check(Function::dispatch_clarify, {{"task_id", task_id, false}, {"response", response, false}})) {
            return detail::fail(std::move(*error));
        }
        table_->dispatch_clarify(task_id.c_str(), response.c_str());
        return {};
    }

    /// Asks a model for a chat completion and waits for the whole answer.
    ///
    /// The bound agent adds its system prompt, memory and defaults. With `tools` the host runs
    /// the model's tool calls and asks again, up to `max_iterations` times. At most two
    /// completions and embeddings together run at once per plugin.
    ///
    /// @param request_json Chat-completion request in the OpenAI form, with the host's additions.
    /// @return The completion, or an error envelope.
    /// - Since: version 2 (2b).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: yes (until the model has answered, 1800 s at most).
    /// - Agent: works for the agent of the calling frame.
    /// - Errors: invalid_request, plugin_busy, inference_error, max_iterations_reached,
    ///   context_overflow, clarify_requested, empty_tool_task_completion, output_token_limit,
    ///   serialization_error, context_unavailable, host_timeout, not_supported_out_of_process.
    [[nodiscard]] Expected<HostText> complete(const Text& request_json) const {
        if (auto error = check(Function::complete, {{"request_json", request_json, false}})) {
            return detail::fail(std::move(*error));
        }
        return answer(table_->complete(request_json.c_str()));
    }

    /// Asks a model for a chat completion, hands out each piece as it comes, and returns the
    /// whole answer at the end.
    ///
    /// `on_chunk` is called on a thread of the host's, one chunk at a time, while this call
    /// waits. No plugin and no agent is bound to that thread, so make no host calls there, except
    /// `complete_cancel`. It must not throw, unwind or exit.
    ///
    /// @param request_json As for `complete`, with a `stream_id` that `complete_cancel` can name.
    /// @param on_chunk Receives each chunk as JSON. The text is valid during the callback only.
    ///   NULL: Chunks are dropped, with one warning in the host's log; the returned answer is
    ///   complete.
    /// @return The whole answer, or an error envelope.
    /// - Since: version 2 (2b).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: yes (until the model has answered, 1800 s at most).
    /// - Agent: works for the agent of the calling frame.
    /// - Errors: invalid_request, plugin_busy, inference_error, max_iterations_reached,
    ///   context_overflow, cancelled, empty_tool_task_completion, output_token_limit,
    ///   serialization_error, context_unavailable, host_timeout, not_supported_out_of_process.
    template <std::invocable<std::string_view> OnChunk>
    [[nodiscard]] Expected<HostText> complete_stream(const Text& request_json, OnChunk&& on_chunk) const {
        if (auto error = check(Function::complete_stream, {{"request_json", request_json, false}})) {
            return detail::fail(std::move(*error));
        }
        auto chunks = std::make_unique<detail::Chunks<std::remove_reference_t<OnChunk>>>(on_chunk);
        using Receiver = std::remove_reference_t<decltype(*chunks)>;
        auto result = answer(table_->complete_stream(request_json.c_str(), &Receiver::receive, chunks.get()));
        chunks->close();
        const std::exception_ptr thrown = chunks->thrown();
        // Only after its own time limit may the host still hold the receiver: then it stays.
        if (!result && result.error().code == "host_timeout") { static_cast<void>(chunks.release()); }
#if defined(__cpp_exceptions)
        if (thrown) { std::rethrow_exception(thrown); }
#endif
        return result;
    }

    /// Computes embedding vectors for one or several strings.
    ///
    /// Counts towards the limit of two concurrent inference calls per plugin.
    ///
    /// @param request_json The strings, as JSON.
    /// @return The vectors, or an error envelope.
    /// - Since: version 2 (2b).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: yes (until the vectors are computed, 1800 s at most).
    /// - Agent: works for the agent of the calling frame.
    /// - Errors: invalid_request, plugin_busy, embedding_error, context_unavailable,
    ///   host_timeout, not_supported_out_of_process.
    [[nodiscard]] Expected<HostText> embed(const Text& request_json) const {
        if (auto error = check(Function::embed, {{"request_json", request_json, false}})) {
            return detail::fail(std::move(*error));
        }
        return answer(table_->embed(request_json.c_str()));
    }

    /// Lists the models that the host can use now: local ones, one for embeddings, and those of
    /// remote providers.
    ///
    /// @return The models, or an error envelope.
    /// - Since: version 2 (2b).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: yes (until remote providers have answered, 1800 s at most).
    /// - Errors: context_unavailable, host_timeout, not_supported_out_of_process.
    [[nodiscard]] Expected<HostText> list_models() const {
        if (auto error = check(Function::list_models, {})) {
            return detail::fail(std::move(*error));
        }
        return answer(table_->list_models());
    }

    /// Sends an HTTP request and waits for the response.
    ///
    /// Any HTTP status is a success, 4xx and 5xx included. Loopback, private and link-local
    /// addresses are refused. At most 60 requests in 60 s per plugin and agent; calls without a
    /// chat agent share one allowance.
    ///
    /// @param request_json The request, as JSON.
    /// @return The response, or an error envelope.
    /// - Since: version 2 (2b).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: yes (until the response is there or `timeout_ms` has passed, 1800 s at most).
    /// - Agent: works for the agent of the calling frame.
    /// - Errors: invalid_request, ssrf_blocked, rate_limit_exceeded, request_too_large,
    ///   response_too_large, too_many_redirects, connection_timeout, connection_refused,
    ///   dns_failure, tls_error, network_error, invalid_response, context_unavailable,
    ///   host_timeout.
    [[nodiscard]] Expected<HostText> http_request(const Text& request_json) const {
        if (auto error = check(Function::http_request, {{"request_json", request_json, false}})) {
            return detail::fail(std::move(*error));
        }
        return answer(table_->http_request(request_json.c_str()));
    }

    /// Reads a file from the host's artifacts folder, for example one that a share-artifact call
    /// has just announced.
    ///
    /// Paths outside that folder are refused; files over 50,000,000 bytes too.
    ///
    /// @param request_json The path, as JSON.
    /// @return The file's content, or an error envelope.
    /// - Since: version 2 (2d).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: yes (until the file is read).
    /// - Errors: invalid_request, access_denied, not_found, file_too_large, read_error,
    ///   context_unavailable, not_supported_out_of_process.
    [[nodiscard]] Expected<HostText> file_read(const Text& request_json) const {
        if (auto error = check(Function::file_read, {{"request_json", request_json, false}})) {
            return detail::fail(std::move(*error));
        }
        return answer(table_->file_read(request_json.c_str()));
    }

    /// Lists this plugin's tasks that are not finished, of all agents, in no particular order.
    ///
    /// @return The tasks, or an error envelope.
    /// - Since: version 2 (2e).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: briefly (asks the host's main loop, 30 s at most).
    /// - Errors: context_unavailable, host_timeout, not_supported_out_of_process.
    [[nodiscard]] Expected<HostText> list_active_tasks() const {
        if (auto error = check(Function::list_active_tasks, {})) {
            return detail::fail(std::move(*error));
        }
        return answer(table_->list_active_tasks());
    }

    /// Attaches a preliminary result to an active task of this plugin; a DRAFT event with it
    /// comes back.
    ///
    /// An unknown, foreign or finished task does nothing but leave one warning in the host's log.
    ///
    /// @param task_id Id from `dispatch`, a UUID.
    /// @param draft_json The draft. Stored as given; text that is not a JSON object is left out
    ///   of events and status.
    /// - Since: version 2 (2e).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: briefly (asks the host's main loop, 30 s at most).
    Expected<void> send_draft(const Text& task_id, const Text& draft_json) const {
        if (auto error = check(Function::send_draft, {{"task_id", task_id, false}, {"draft_json", draft_json, false}})) {
            return detail::fail(std::move(*error));
        }
        table_->send_draft(task_id.c_str(), draft_json.c_str());
        return {};
    }

    /// Stops the model in an active task of this plugin; the task then completes with what it
    /// has.
    ///
    /// A message is added to the conversation first, but does not start another turn.
    ///
    /// @param task_id Id from `dispatch`, a UUID.
    /// @param message Text added as a user's turn; blank text adds nothing. NULL: Nothing is
    ///   added.
    /// - Since: version 2 (2e).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: briefly (asks the host's main loop, 30 s at most).
    Expected<void> dispatch_interrupt(const Text& task_id, const Text& message = nullptr) const {
        if (auto error = check(Function::dispatch_interrupt, {{"task_id", task_id, false}, {"message", message, true}})) {
            return detail::fail(std::move(*error));
        }
        table_->dispatch_interrupt(task_id.c_str(), message.c_str());
        return {};
    }

    /// Added an issue to a running task in version 2 hosts. The slot remains so that later ones
    /// keep their place.
    ///
    /// Reserved: Answers `not_supported` since version 3. Start a fresh task with `dispatch`.
    ///
    /// @param task_id Id from `dispatch`; no longer looked at.
    /// @param issue_json The issue, as JSON; no longer looked at. NULL: Ignored.
    /// @return An error envelope with `not_supported`.
    /// - Since: version 2 (2e).
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: no, returns at once.
    /// - Errors: not_supported, context_unavailable, not_supported_out_of_process.
    [[nodiscard]] Expected<std::optional<HostText>> dispatch_add_issue(const Text& task_id, const Text& issue_json = nullptr) const {
        if (auto error = check(Function::dispatch_add_issue, {{"task_id", task_id, false}, {"issue_json", issue_json, true}})) {
            return detail::fail(std::move(*error));
        }
        return text(table_->dispatch_add_issue(task_id.c_str(), issue_json.c_str()));
    }

    /// Ends a running `complete_stream` of this plugin early; that call then returns the error
    /// `cancelled`.
    ///
    /// Takes effect at the next piece of text. A cancellation that comes before the stream has
    /// started is lost. Streams that share an id end together; those of other plugins are safe.
    ///
    /// @param stream_id The `stream_id` of the request.
    /// - Since: version 3.
    /// - Thread: any, at any time.
    /// - Blocks: no, returns at once.
    Expected<void> complete_cancel(const Text& stream_id) const {
        if (auto error = check(Function::complete_cancel, {{"stream_id", stream_id, false}})) {
            return detail::fail(std::move(*error));
        }
        table_->complete_cancel(stream_id.c_str());
        return {};
    }

    /// Tells for which agent the host is calling.
    ///
    /// Also names the built-in default agent, for which `config_get` and `dispatch` behave as if
    /// there were none.
    ///
    /// @return The agent's id, a UUID in upper case.
    /// - Since: version 4.
    /// - Thread: only the one on which the host called the plugin.
    /// - Blocks: no, returns at once.
    /// - Agent: works for the agent of the calling frame.
    [[nodiscard]] Expected<std::optional<HostText>> get_active_agent_id() const {
        if (auto error = check(Function::get_active_agent_id, {})) {
            return detail::fail(std::move(*error));
        }
        return text(table_->get_active_agent_id());
    }

    /// Writes a line to the host's log with a payload that the activity list shows beside it.
    ///
    /// Hand-written copies of the table often forget this slot, which moves `free_string` to a
    /// wrong place.
    ///
    /// @param level One of the `OSR_LOG_` constants, 0 to 4; other numbers are shown as LOG.
    /// @param message Text of any length.
    /// @param payload_json Details, by custom a JSON object; the host does not parse it. NULL:
    ///   The same as `log`.
    /// - Since: version 5.
    /// - Thread: any, at any time.
    /// - Blocks: no, returns at once.
    Expected<void> log_structured(LogLevel level, const Text& message, const Text& payload_json = nullptr) const {
        if (auto error = check(Function::log_structured, {{"message", message, false}, {"payload_json", payload_json, true}})) {
            return detail::fail(std::move(*error));
        }
        table_->log_structured(static_cast<int>(level), message.c_str(), payload_json.c_str());
        return {};
    }

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

    /// See Host::config_get.
    std::optional<HostText> config_get(const Text& key) const {
        return detail::take(host_.config_get(key));
    }

    /// See Host::config_set.
    void config_set(const Text& key, const Text& value) const {
        return detail::take(host_.config_set(key, value));
    }

    /// See Host::config_delete.
    void config_delete(const Text& key) const {
        return detail::take(host_.config_delete(key));
    }

    /// See Host::db_exec.
    HostText db_exec(const Text& sql, const Text& params_json = nullptr) const {
        return detail::take(host_.db_exec(sql, params_json));
    }

    /// See Host::db_query.
    HostText db_query(const Text& sql, const Text& params_json = nullptr) const {
        return detail::take(host_.db_query(sql, params_json));
    }

    /// See Host::log.
    void log(LogLevel level, const Text& message) const {
        return detail::take(host_.log(level, message));
    }

    /// See Host::dispatch.
    HostText dispatch(const Text& request_json) const {
        return detail::take(host_.dispatch(request_json));
    }

    /// See Host::task_status.
    HostText task_status(const Text& task_id) const {
        return detail::take(host_.task_status(task_id));
    }

    /// See Host::dispatch_cancel.
    void dispatch_cancel(const Text& task_id) const {
        return detail::take(host_.dispatch_cancel(task_id));
    }

    /// See Host::dispatch_clarify.
    void dispatch_clarify(const Text& task_id, const Text& response) const {
        return detail::take(host_.dispatch_clarify(task_id, response));
    }

    /// See Host::complete.
    HostText complete(const Text& request_json) const {
        return detail::take(host_.complete(request_json));
    }

    /// See Host::complete_stream.
    template <std::invocable<std::string_view> OnChunk>
    HostText complete_stream(const Text& request_json, OnChunk&& on_chunk) const {
        return detail::take(host_.complete_stream(request_json, std::forward<OnChunk>(on_chunk)));
    }

    /// See Host::embed.
    HostText embed(const Text& request_json) const {
        return detail::take(host_.embed(request_json));
    }

    /// See Host::list_models.
    HostText list_models() const {
        return detail::take(host_.list_models());
    }

    /// See Host::http_request.
    HostText http_request(const Text& request_json) const {
        return detail::take(host_.http_request(request_json));
    }

    /// See Host::file_read.
    HostText file_read(const Text& request_json) const {
        return detail::take(host_.file_read(request_json));
    }

    /// See Host::list_active_tasks.
    HostText list_active_tasks() const {
        return detail::take(host_.list_active_tasks());
    }

    /// See Host::send_draft.
    void send_draft(const Text& task_id, const Text& draft_json) const {
        return detail::take(host_.send_draft(task_id, draft_json));
    }

    /// See Host::dispatch_interrupt.
    void dispatch_interrupt(const Text& task_id, const Text& message = nullptr) const {
        return detail::take(host_.dispatch_interrupt(task_id, message));
    }

    /// See Host::dispatch_add_issue.
    std::optional<HostText> dispatch_add_issue(const Text& task_id, const Text& issue_json = nullptr) const {
        return detail::take(host_.dispatch_add_issue(task_id, issue_json));
    }

    /// See Host::complete_cancel.
    void complete_cancel(const Text& stream_id) const {
        return detail::take(host_.complete_cancel(stream_id));
    }

    /// See Host::get_active_agent_id.
    std::optional<HostText> get_active_agent_id() const {
        return detail::take(host_.get_active_agent_id());
    }

    /// See Host::log_structured.
    void log_structured(LogLevel level, const Text& message, const Text& payload_json = nullptr) const {
        return detail::take(host_.log_structured(level, message, payload_json));
    }

 private:
    const Host& host_;
};

inline ThrowingHost Host::throwing() const noexcept { return ThrowingHost(*this); }
#endif

}  // namespace osaurus
// ---- What a plugin is ----

namespace osaurus {

/// What sort of failure a tool had, and whether trying again usually helps.
enum class ToolErrorKind {
    invalid_args,  ///< An argument is missing or wrong. Retryable.
    rejected,  ///< A policy forbids it. Not retryable.
    user_denied,  ///< The user said no. Not retryable.
    timeout,  ///< It took too long. Retryable.
    execution_error,  ///< It ran and failed. Retryable.
    not_found,  ///< Something it refers to does not exist. Not retryable.
    unavailable,  ///< It cannot run now. Retryable, unless a system permission is missing.
    tool_not_found,  ///< There is no such tool. Not retryable.
};

/// Whether the user is asked before a tool runs.
enum class PermissionPolicy {
    ask,  ///< The user is asked.
    automatic,  ///< It runs; permissions that are not the system's are granted.
    deny,  ///< It never runs.
};

/// Who may call a route or see a page.
enum class RouteAuth {
    none,  ///< Everyone, at a limited rate.
    verify,  ///< Everyone, at a limited rate; the plugin verifies the caller, for example a webhook's signature.
    owner,  ///< Holders of one of the host's access keys, on the same machine too.
};

namespace detail {
inline std::string_view word(ToolErrorKind which) {
    static constexpr std::array<std::string_view, 8> words{
        "invalid_args", "rejected", "user_denied", "timeout", "execution_error", "not_found", "unavailable", "tool_not_found"};
    return words[static_cast<std::size_t>(which)];
}
inline std::string_view word(PermissionPolicy which) {
    static constexpr std::array<std::string_view, 3> words{
        "ask", "auto", "deny"};
    return words[static_cast<std::size_t>(which)];
}
inline std::string_view word(RouteAuth which) {
    static constexpr std::array<std::string_view, 3> words{
        "none", "verify", "owner"};
    return words[static_cast<std::size_t>(which)];
}
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
        return {status, {{"Content-Type", "application/json; charset=utf-8"}}, std::move(body), false};
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
    Version2 oldest_version_2 = Version2::v2e;  ///< Oldest revision of version 2 that it runs on.
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
#endif  // OSAURUS_PLUGIN_HPP
