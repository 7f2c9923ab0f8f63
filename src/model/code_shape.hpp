// How deep the code of a TorchScript archive is nested.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sextant::model_detail {

struct CodeShape {
    std::size_t brackets = 0;     ///< open at once
    std::size_t height = 0;       ///< words and signs of one expression that may lie within each other: not those that commas part
    std::size_t indentation = 0;  ///< blanks before a line
    std::size_t branches = 0;     ///< `elif`s of the file, each of which lies within the one before
    std::size_t functions = 0;    ///< of no class, each of which may call the one before
};

/// Refuses code that libtorch's parser and compiler, which go into an expression by calling themselves, would need too
/// much stack for: brackets more than 100 deep, expressions more than 1000 high, lines indented by more than 100, more
/// than 100 `elif`s. So that this reads strings as libtorch does, it refuses comments, strings of several lines, and `\`
/// outside of strings, none of which exporters write. `file` is for messages. Throws `model`.
CodeShape check_code_shape(std::string_view code, const std::string& file);

}  // namespace sextant::model_detail
