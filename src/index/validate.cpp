#include "index/validate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <unordered_map>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>
#include <sextant/index/index.hpp>
#include <sextant/kernels/similarity.hpp>

#include "kernels/quantize.hpp"
#include "store/record_vectors.hpp"
#include "store/span_text.hpp"

namespace sextant::index {
namespace {

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%g", value);
    return text;
}

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
    throw Error(ErrorCode::invalid_argument, what + ": " + why);
}

void check_text(const std::string& what, const char* field, std::string_view text, std::size_t longest) {
    if (text.size() > longest)
        throw Error(ErrorCode::limit, what + ": its " + field + " has " + std::to_string(text.size()) +
                                          " bytes; at most " + std::to_string(longest) + " are kept: shorten it");
    if (const auto at = first_invalid_utf8(text))
        refuse(what,
               std::string("its ") + field + " is not UTF-8: byte " + std::to_string(*at) + " begins no character: convert it first");
}

}  // namespace

std::string shown(std::string_view id) {
    constexpr std::size_t longest = 80;
    constexpr char digits[] = "0123456789abcdef";
    std::string text = "\"";
    for (const char c : id.substr(0, longest)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F || c == '"' || c == '\\') {
            text += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
        } else {
            text += c;
        }
    }
    return text + (id.size() > longest ? "...\"" : "\"");
}

double check_vector(const Space& space, std::span<const float> vector, const std::string& what) {
    if (vector.size() != space.dimensions)
        refuse(what, "it has " + std::to_string(vector.size()) + " components; this index holds vectors of " +
                         std::to_string(space.dimensions) + ": use the model that filled the index");
    const double square = kernels::code_kernels().dot(vector.data(), vector.data(), vector.size());  // finite if all components are
    if (!std::isfinite(square)) {
        const auto i = *kernels::first_non_finite(vector);
        refuse(what, "component " + std::to_string(i) + " is " +
                         (std::isnan(vector[i]) ? "NaN"
                          : vector[i] > 0       ? "infinite"
                                                : "minus infinite") +
                         ": check what made the vector, which must be finite");
    }
    const double norm = std::sqrt(square);
    if (norm > max_norm)
        refuse(what, "its norm is " + number(norm) + "; scores could overflow above " + number(max_norm) + ": scale the vectors");
    if (norm == 0 && space.metric == Metric::cosine) refuse(what, "its norm is 0, so it has no cosine with anything: leave it out, or use the metric dot");
    return norm;
}

namespace {

/// Checks the vectors of a record, and adds their norms.
void check_vectors(std::span<const NamedSpace> spaces, const Record& record, const std::string& what, std::vector<double>& norms) {
    std::size_t named = 0, found = 0;
    for (std::size_t s = 0; s < spaces.size(); ++s) {
        const auto& name = spaces[s].name;
        const bool listed = record.vectors.contains(name);
        named += listed;
        if (s == 0 && listed && !record.vector.empty()) refuse(what, "it has a vector in the space " + shown(name) + " twice: in `vector` and in `vectors`");
        const auto vector = store::vector_in(record, spaces, s);
        const bool missing = vector.empty() && !listed && spaces.size() > 1;
        found += !missing;
        const auto& [space_name, space] = spaces[s];
        norms.push_back(missing ? 0 : check_vector(space, vector, space_name.empty() ? what : what + ", space " + shown(name)));
    }
    if (found == 0) refuse(what, "it has no vector: give one in `vector` or `vectors`");
    if (named == record.vectors.size()) return;
    for (const auto& [name, vector] : record.vectors)
        if (std::ranges::none_of(spaces, [&name = name](const NamedSpace& space) { return space.name == name; }))
            refuse(what, "it has a vector in a space " + shown(name) + ", which this index does not have");
}

void check_place(const Record& record, const std::string& what) {
    check_text(what, "parent", record.parent, max_id_bytes);
    if (const auto* fault = store::fault_of(record.span)) refuse(what, fault);
    if (record.parent.empty() && record.span != Span()) refuse(what, "it has a span, but no parent that this would be a part of");
}

}  // namespace

std::vector<double> check_records(std::span<const NamedSpace> spaces, std::span<const Record> records,
                                  const std::function<bool(std::string_view)>& is_json_object) {
    std::unordered_map<std::string_view, std::size_t> seen;
    seen.reserve(records.size());
    std::vector<double> norms;
    norms.reserve(records.size() * spaces.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto& record = records[i];
        const std::string what = "record " + std::to_string(i) + " (id " + shown(record.id) + ")";
        if (record.id.empty()) refuse(what, "its id is empty");
        check_text(what, "id", record.id, max_id_bytes);
        const auto [first, fresh] = seen.emplace(record.id, i);
        if (!fresh) refuse(what, "record " + std::to_string(first->second) + " of the same call has this id too");
        check_vectors(spaces, record, what, norms);
        check_place(record, what);
        check_text(what, "text", record.text, max_text_bytes);
        check_text(what, "payload", record.payload, max_payload_bytes);
        if (!is_json_object(record.payload)) refuse(what, "its payload is not a JSON object, such as {\"year\": 2020}");
    }
    return norms;
}

}  // namespace sextant::index
