// Which vectors can live in which space.
#include <cmath>
#include <cstdint>
#include <cstdio>

#include <sextant/core/error.hpp>
#include <sextant/index/index.hpp>
#include <sextant/kernels/similarity.hpp>

#include "index/validate.hpp"
#include "kernels/quantize.hpp"

namespace sextant::index {
namespace {

/// Checks one vector, whichever kind it is.
class Check {
public:
    Check(const Space& space, const std::string& what) : space_(space), what_(what) {}

    double operator()(std::monostate) const { refuse("it has no vector"); }
    double operator()(std::span<const float> vector) const;
    double operator()(const SparseRow& row) const;
    double operator()(const MultiRow& row) const;

private:
    [[noreturn]] void refuse(const std::string& why, ErrorCode code = ErrorCode::invalid_argument) const { throw Error(code, what_ + ": " + why); }
    void check_kind(Output seen) const;
    /// The norm; `name_of` names a component by its number.
    [[nodiscard]] double checked_norm(std::span<const float> values, const auto& name_of) const;

    const Space& space_;
    const std::string& what_;
};

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%g", value);
    return text;
}

void Check::check_kind(Output seen) const {
    if (seen == space_.kind) return;
    const std::string found(to_string(seen)), wanted(to_string(space_.kind));
    refuse("it is a " + found + " vector, but the space holds " + wanted + " ones: give a " + wanted + " one, or name another space");
}

double Check::checked_norm(std::span<const float> values, const auto& name_of) const {
    const double square = kernels::code_kernels().dot(values.data(), values.data(), values.size());  // finite if all components are
    if (!std::isfinite(square)) {
        const auto i = *kernels::first_non_finite(values);
        refuse(name_of(i) + " is " + (std::isnan(values[i]) ? "NaN" : values[i] > 0 ? "infinite" : "minus infinite") +
               ": check what made the vector, which must be finite");
    }
    const double norm = std::sqrt(square);
    if (norm > max_norm) refuse("its norm is " + number(norm) + "; scores could overflow above " + number(max_norm) + ": scale the vectors");
    return norm;
}

double Check::operator()(std::span<const float> vector) const {
    check_kind(Output::dense);
    if (vector.size() != space_.dimensions)
        refuse("it has " + std::to_string(vector.size()) + " components; this index holds vectors of " + std::to_string(space_.dimensions) +
               ": use the model that filled the index");
    const double norm = checked_norm(vector, [](std::size_t i) { return "component " + std::to_string(i); });
    if (norm == 0 && space_.metric == Metric::cosine) refuse("its norm is 0, so it has no cosine with anything: leave it out, or use the metric dot");
    return norm;
}

double Check::operator()(const SparseRow& row) const {
    check_kind(Output::sparse);
    if (row.ids.size() != row.weights.size())
        refuse("it has " + std::to_string(row.ids.size()) + " ids and " + std::to_string(row.weights.size()) + " weights: give each id its weight");
    if (row.ids.empty()) refuse("it has no weights: leave it out");
    std::int64_t before = -1;
    for (std::size_t i = 0; i < row.ids.size(); ++i) {
        const auto id = row.ids[i];
        if (id < 0 || static_cast<std::uint64_t>(id) >= space_.dimensions)
            refuse("id " + std::to_string(id) + " is not in the vocabulary, which has " + std::to_string(space_.dimensions) + ": use the model that filled the index");
        if (id <= before) refuse("id " + std::to_string(id) + " comes after " + std::to_string(before) + ": ids must ascend, each once");
        if (row.weights[i] == 0) refuse("the weight of id " + std::to_string(id) + " is 0: leave the id out");
        before = id;
    }
    return checked_norm(row.weights, [&row](std::size_t i) { return "the weight of id " + std::to_string(row.ids[i]); });
}

double Check::operator()(const MultiRow& row) const {
    check_kind(Output::multi);
    if (row.dimensions != space_.dimensions)
        refuse("its vectors have " + std::to_string(row.dimensions) + " components; this space holds such of " + std::to_string(space_.dimensions) +
               ": use the model that filled the index");
    if (row.values.empty()) refuse("it has no vectors: leave it out");
    if (row.values.size() % row.dimensions != 0)
        refuse("it has " + std::to_string(row.values.size()) + " components in all, which is no multiple of " + std::to_string(row.dimensions));
    if (row.size() > max_multi_vectors || row.values.size_bytes() > max_multi_bytes)
        refuse("it has " + std::to_string(row.size()) + " vectors of " + std::to_string(row.values.size_bytes()) + " bytes; at most " +
                   std::to_string(max_multi_vectors) + " of " + std::to_string(max_multi_bytes) + " are kept: cut the item into parts",
               ErrorCode::limit);
    return checked_norm(row.values, [&row](std::size_t i) { return "component " + std::to_string(i % row.dimensions) + " of vector " + std::to_string(i / row.dimensions); });
}

}  // namespace

double check_vector(const Space& space, const store::AnyVector& vector, const std::string& what) { return std::visit(Check(space, what), vector); }

}  // namespace sextant::index
