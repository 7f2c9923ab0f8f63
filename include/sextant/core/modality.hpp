// The kinds of data that can be searched.
#pragma once

#include <string_view>

namespace sextant {

enum class Modality {
    text,
    image,
    text_image,  ///< a text and a picture that make one vector together
};

[[nodiscard]] constexpr std::string_view to_string(Modality modality) noexcept {
    switch (modality) {
        case Modality::text: return "text";
        case Modality::image: return "image";
        case Modality::text_image: return "text_image";
    }
    return "unknown";
}

/// What an item is in a search. Models may be trained to read the two differently.
enum class Role { query, document };

}  // namespace sextant
