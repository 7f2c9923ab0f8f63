// Pictures that are broken, or ask for more than they should get. tests/hostile/media_bombs.cpp tries them all.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "media/make.hpp"

namespace hostile {

/// What a bomb may come to.
enum class Fate {
    refused,  ///< sextant::Error, at once
    either,   ///< a sound picture with something wrong beside it: it may be decoded too, at no more cost
};

/// Is given one bomb after the other, so that one is in memory at a time.
using Try = std::function<void(const std::string& name, const make::Bytes& bytes, Fate fate)>;

void jpeg_bombs(const Try& attempt);
void png_bombs(const Try& attempt);
void webp_bombs(const Try& attempt);
void other_bombs(const Try& attempt);  ///< GIF, BMP, PNM, TGA, PSD, and kinds that are not read

/// Sizes that a header may claim and no picture may have.
inline const std::vector<std::pair<std::uint32_t, std::uint32_t>> absurd_sizes{
    {0, 0},           {0, 1},           {1, 0},          {65'000, 65'000},   {1U << 24, 1},    {1, 1U << 24},
    {40'000, 2'000},  {0x7FFFFFFF, 1},  {1, 0x7FFFFFFF}, {0x80000000U, 1},   {1, 0x80000000U}, {0xFFFFFFFFU, 1},
    {1, 0xFFFFFFFFU}, {32'000, 32'000}, {32'769, 1},     {0x10001, 0x10001},
};

[[nodiscard]] inline std::string text(std::pair<std::uint32_t, std::uint32_t> size) {
    return std::to_string(size.first) + " x " + std::to_string(size.second);
}

[[nodiscard]] inline make::Bytes overwritten(make::Bytes bytes, std::size_t at, std::string_view with) {
    return bytes.replace(at, with.size(), with);
}

}  // namespace hostile
