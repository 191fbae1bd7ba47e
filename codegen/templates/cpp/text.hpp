// ---- Strings that cross the boundary ----

namespace osaurus {

namespace detail {
inline void free_host_text(const osr_host_api* host, const char* text) noexcept {
    if (text == nullptr) { return; }
{%- if version >= 6 %}
    if (OSR_HOST_HAS(host, free_string)) {
        host->free_string(text);
        return;
    }
{%- else %}
    static_cast<void>(host);
{%- endif %}
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
