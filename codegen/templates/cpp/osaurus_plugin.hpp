// {{ notice }}
//
// osaurus_plugin.hpp: Osaurus plugins in C++20, header only, over osaurus_plugin.h of ABI version {{ version }}.
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

#if OSR_ABI_HEADER_VERSION != {{ version }}
#error "osaurus_plugin.hpp and osaurus_plugin.h are of different ABI versions: generate both with one command"
#endif

{% include "cpp/result.hpp" %}
{% include "cpp/text.hpp" %}
{% include "cpp/json.hpp" %}
{% include "cpp/host.hpp" %}
{% include "cpp/plugin.hpp" %}
{% include "cpp/export.hpp" %}
#endif  // OSAURUS_PLUGIN_HPP
