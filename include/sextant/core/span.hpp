// Parts of items.
#pragma once

#include <cstddef>
#include <variant>

namespace sextant {

/// A stretch of a text, in bytes.
struct ByteSpan {
    std::size_t begin = 0, end = 0;

    friend bool operator==(const ByteSpan&, const ByteSpan&) = default;
};

/// A stretch of sound or film, in seconds.
struct TimeSpan {
    double begin = 0, end = 0;

    friend bool operator==(const TimeSpan&, const TimeSpan&) = default;
};

/// A part of a picture, in pixels from its upper left corner; right and bottom are the first that do not belong to it.
struct Box {
    double left = 0, top = 0, right = 0, bottom = 0;

    friend bool operator==(const Box&, const Box&) = default;
};

/// Which part of an item; the first: all of it.
using Span = std::variant<std::monostate, ByteSpan, TimeSpan, Box>;

}  // namespace sextant
