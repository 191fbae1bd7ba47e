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
