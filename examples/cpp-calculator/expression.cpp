// A parser by recursive descent: each function reads one level of precedence and computes it on the
// way.
#include "expression.hpp"

#include <array>
#include <cctype>
#include <cmath>
#include <numbers>
#include <locale>
#include <sstream>
#include <string>
#include <utility>

namespace calculator {
namespace {

constexpr int deepest = 200;

using Function = double (*)(double);
constexpr std::array<std::pair<std::string_view, Function>, 12> functions{{
    {"sqrt", std::sqrt}, {"abs", std::fabs}, {"ln", std::log}, {"log", std::log10}, {"exp", std::exp},
    {"sin", std::sin}, {"cos", std::cos}, {"tan", std::tan}, {"floor", std::floor}, {"ceil", std::ceil},
    {"round", std::round}, {"cbrt", std::cbrt},
}};

class Parser {
 public:
    explicit Parser(std::string_view text) : text_(text) {}

    double all() {
        const double value = sum();
        if (at_ < text_.size()) { fail("an operator or the end was expected"); }
        return value;
    }

 private:
    double sum() {
        double value = product();
        for (;;) {
            if (take('+')) {
                value += product();
            } else if (take('-')) {
                value -= product();
            } else {
                return value;
            }
        }
    }

    double product() {
        double value = sign();
        for (;;) {
            if (take('*')) {
                value *= sign();
            } else if (take('/')) {
                value /= sign();
            } else if (take('%')) {
                value = std::fmod(value, sign());
            } else {
                return value;
            }
        }
    }

    // Below the power: -2^2 is -4.
    double sign() {
        if (++depth_ > deepest) { fail("this is nested too deeply"); }
        const double value = take('-') ? -sign() : take('+') ? sign() : power();
        --depth_;
        return value;
    }

    double power() {
        const double base = atom();
        return take('^') ? std::pow(base, sign()) : base;
    }

    double atom() {
        if (take('(')) { return closed(sum()); }
        const std::string word = letters();
        if (word.empty()) { return number(); }
        if (word == "pi") { return std::numbers::pi; }
        if (word == "e") { return std::numbers::e; }
        for (const auto& [name, function] : functions) {
            if (word == name) {
                if (!take('(')) { fail("`(` was expected after " + word); }
                return closed(function(sum()));
            }
        }
        fail("there is no function `" + word + "`");
    }

    double closed(double value) {
        if (!take(')')) { fail("`)` was expected"); }
        return value;
    }

    double number() {
        std::size_t end = at_;
        const auto digit = [&](std::size_t place) {
            return place < text_.size() && std::isdigit(static_cast<unsigned char>(text_[place])) != 0;
        };
        while (digit(end) || (end < text_.size() && text_[end] == '.')) { ++end; }
        if (end > at_ && end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
            std::size_t exponent = end + 1;
            if (exponent < text_.size() && (text_[exponent] == '-' || text_[exponent] == '+')) { ++exponent; }
            if (digit(exponent)) {
                while (digit(exponent)) { ++exponent; }
                end = exponent;
            }
        }
        std::istringstream in{std::string(text_.substr(at_, end - at_))};
        in.imbue(std::locale::classic());
        double value = 0;
        if (!(in >> value) || in.peek() != std::istringstream::traits_type::eof()) { fail("a number was expected"); }
        at_ = end;
        space();
        return value;
    }

    std::string letters() {
        space();
        const std::size_t start = at_;
        while (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_])) != 0) { ++at_; }
        std::string word(text_.substr(start, at_ - start));
        space();
        return word;
    }

    bool take(char wanted) {
        space();
        if (at_ >= text_.size() || text_[at_] != wanted) { return false; }
        ++at_;
        space();
        return true;
    }

    void space() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) { ++at_; }
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw SyntaxError(what + ", at character " + std::to_string(at_ + 1));
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

}  // namespace

double evaluate(std::string_view expression) { return Parser(expression).all(); }

}  // namespace calculator
