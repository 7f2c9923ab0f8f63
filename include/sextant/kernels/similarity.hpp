// Arithmetic on vectors. Reference forms on Eigen; knows no ids, files or models.
#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>

#include <Eigen/Core>

#include <sextant/core/embeddings.hpp>

namespace sextant::kernels {

using VectorView = Eigen::Map<const Eigen::VectorXf>;
using RowsView = Eigen::Map<const Matrix>;

[[nodiscard]] inline VectorView view(std::span<const float> v) {
    return {v.data(), static_cast<Eigen::Index>(v.size())};
}

/// <a, b>, summed in double precision. The lengths must be equal.
[[nodiscard]] inline double dot(std::span<const float> a, std::span<const float> b) {
    return view(a).cast<double>().dot(view(b).cast<double>());
}

/// The Euclidean norm, summed in double precision.
[[nodiscard]] inline double norm(std::span<const float> v) { return std::sqrt(view(v).cast<double>().squaredNorm()); }

/// Divides `v` by its norm. Returns false, and leaves `v` as it is, if the norm is 0 or not finite.
[[nodiscard]] inline bool normalize(std::span<float> v) {
    const double length = norm(v);
    if (!(length > 0) || !std::isfinite(length)) return false;
    Eigen::Map<Eigen::VectorXf> mapped(v.data(), static_cast<Eigen::Index>(v.size()));
    mapped = (mapped.cast<double>() / length).cast<float>();
    return true;
}

/// The position of the first NaN or infinite component, if there is one.
[[nodiscard]] inline std::optional<std::size_t> first_non_finite(std::span<const float> v) {
    for (std::size_t i = 0; i < v.size(); ++i)
        if (!std::isfinite(v[i])) return i;
    return std::nullopt;
}

/// scores[i] = <rows[i], query>. `scores` must hold as many elements as there are rows.
inline void dot_rows(const RowsView& rows, std::span<const float> query, std::span<float> scores) {
    Eigen::Map<Eigen::VectorXf>(scores.data(), rows.rows()).noalias() = rows * view(query);
}

/// scores[i] = -|rows[i] - query|^2. The difference is taken before it is squared: |x|^2 - 2<x,y> + |y|^2 would
/// cancel to nothing for near neighbours.
inline void l2_rows(const RowsView& rows, std::span<const float> query, std::span<float> scores) {
    Eigen::Map<Eigen::VectorXf>(scores.data(), rows.rows()) = -(rows.rowwise() - view(query).transpose()).rowwise().squaredNorm();
}

}  // namespace sextant::kernels
