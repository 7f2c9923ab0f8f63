// The kinds of data that can be searched.
#pragma once

#include <string_view>

namespace sextant {

enum class Modality { text, image };

[[nodiscard]] constexpr std::string_view to_string(Modality modality) noexcept {
    return modality == Modality::text ? "text" : "image";
}

}  // namespace sextant
