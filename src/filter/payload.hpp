// What the fields of a payload hold.
#pragma once

#include <optional>
#include <string_view>

#include "filter/node.hpp"

namespace sextant::filter {

/// A payload that was read once, to be asked for several fields.
class Payload {
public:
    /// Nothing if `json` is no JSON object whose numbers are finite doubles.
    [[nodiscard]] static std::optional<Payload> read(std::string_view json);

    Payload(Payload&&) noexcept;
    Payload& operator=(Payload&&) noexcept;
    ~Payload();

    /// What the field holds; nothing if it is missing. Of two members with one name the last counts.
    [[nodiscard]] std::optional<Held> at(const Path& path) const;

private:
    struct Json;
    explicit Payload(std::unique_ptr<Json> json);
    std::unique_ptr<Json> json_;
};

}  // namespace sextant::filter
