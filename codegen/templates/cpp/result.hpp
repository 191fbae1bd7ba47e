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
