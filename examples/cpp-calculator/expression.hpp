// Arithmetic on text: numbers, + - * / % ^, brackets, a few functions and constants. Knows nothing
// of Osaurus.
#pragma once

#include <stdexcept>
#include <string_view>

namespace calculator {

/// An expression that is none, and where.
class SyntaxError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// The value of an expression; throws SyntaxError. Division by zero gives infinity, as in IEEE 754.
double evaluate(std::string_view expression);

}  // namespace calculator
