#pragma once

#include <sextant/preprocess/image.hpp>

#include "bundle/fields.hpp"

namespace sextant::bundle_detail {

/// Reads the `image` section of a manifest.
[[nodiscard]] ImageSpec read_image_spec(Fields fields);

}  // namespace sextant::bundle_detail
