// What an index lets in.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/core/space.hpp>
#include <sextant/store/record.hpp>

#include "store/record_vectors.hpp"

namespace sextant::index {

/// In quotes, unprintable bytes written as \xNN, long ones cut: fit for a message.
[[nodiscard]] std::string shown(std::string_view id);

/// Throws `invalid_argument` or `limit`, beginning with `what`, unless `vector` can live in `space`: its kind, its length,
/// finite components, norm. Returns the norm, of several vectors that of all together.
double check_vector(const Space& space, const store::AnyVector& vector, const std::string& what);

/// Throws `invalid_argument` or `limit` unless every record can be remembered, naming the row and its id.
/// Returns the norms of their vectors: for each record one in each space, 0 if it has no vector there.
std::vector<double> check_records(std::span<const NamedSpace> spaces, std::span<const Record> records,
                                  const std::function<bool(std::string_view)>& is_json_object);

}  // namespace sextant::index
