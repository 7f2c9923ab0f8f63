// Whether a text is JSON, by the rules of the engine that will read it.
#pragma once

#include <string_view>

#include "store/database.hpp"

namespace sextant::store {

/// Threads: one at a time.
class JsonCheck {
public:
    JsonCheck();

    [[nodiscard]] bool is_object(std::string_view json);

private:
    Database engine_;
    Statement ask_;
};

}  // namespace sextant::store
