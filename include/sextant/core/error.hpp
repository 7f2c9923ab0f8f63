// The one exception of the library.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace sextant {

/// What kind of thing went wrong. The message says what was seen, what was expected, where, and what to do.
enum class ErrorCode {
    invalid_argument,  ///< a value the caller passed: k = 0, a NaN component, invalid UTF-8
    not_found,         ///< a file, a folder or a tower that is not there
    io,                ///< the operating system refused to read or write
    corrupt,           ///< bytes that are damaged: a wrong checksum, a truncated picture
    incompatible,      ///< sound, but for something else: another encoder, another format version
    unsupported,       ///< sound, but this build or version cannot do it
    limit,             ///< larger than a stated limit
    busy,              ///< someone else is writing
    cancelled,         ///< the caller's own callback said to stop
    model,             ///< the network failed, or returned something else than its manifest promises
};

/// The name of a code, as written above.
[[nodiscard]] constexpr std::string_view to_string(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::invalid_argument: return "invalid_argument";
        case ErrorCode::not_found: return "not_found";
        case ErrorCode::io: return "io";
        case ErrorCode::corrupt: return "corrupt";
        case ErrorCode::incompatible: return "incompatible";
        case ErrorCode::unsupported: return "unsupported";
        case ErrorCode::limit: return "limit";
        case ErrorCode::busy: return "busy";
        case ErrorCode::cancelled: return "cancelled";
        case ErrorCode::model: return "model";
    }
    return "unknown";
}

/// `text` with every control character shown as '?': names from hostile files must not move a terminal's cursor.
[[nodiscard]] inline std::string one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    return text;
}

/// Thrown by every function of the library that fails, before anything has changed. No other exception leaves it,
/// but for `std::bad_alloc` and those thrown by the caller's own callbacks. The message is one line.
class Error : public std::runtime_error {
public:
    Error(ErrorCode code, std::string message) : std::runtime_error(one_line(std::move(message))), code_(code) {}

    [[nodiscard]] ErrorCode code() const noexcept { return code_; }

private:
    ErrorCode code_;
};

}  // namespace sextant
