#include "index/validate.hpp"

#include <algorithm>
#include <unordered_map>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>

#include "store/span_text.hpp"

namespace sextant::index {
namespace {

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

namespace {

/// Throws unless the spaces that are named here are there, and of this kind.
template <class ByName>
void check_names(std::span<const NamedSpace> spaces, const ByName& vectors, Output kind, const std::string& what) {
    for (const auto& [name, vector] : vectors) {
        const auto space = std::ranges::find(spaces, name, &NamedSpace::name);
        if (space == spaces.end()) refuse(what, "it has a vector in a space " + shown(name) + ", which this index does not have");
        if (space->space.kind != kind)
            refuse(what, "it has a " + std::string(to_string(kind)) + " vector in the space " + shown(name) + ", which holds " +
                             std::string(to_string(space->space.kind)) + " ones");
    }
}

/// Checks the vectors of a record, and adds their norms.
void check_vectors(std::span<const NamedSpace> spaces, const Record& record, const std::string& what, std::vector<double>& norms) {
    const auto& first = spaces.front();
    const bool dense = first.space.kind == Output::dense;
    if (!dense && !record.vector.empty())
        refuse(what, "it has a vector in `vector`, but the first space, " + shown(first.name) + ", holds " + std::string(to_string(first.space.kind)) + " ones");
    if (dense && !record.vector.empty() && record.vectors.contains(first.name))
        refuse(what, "it has a vector in the space " + shown(first.name) + " twice: in `vector` and in `vectors`");
    check_names(spaces, record.vectors, Output::dense, what);
    check_names(spaces, record.sparse, Output::sparse, what);
    check_names(spaces, record.multi, Output::multi, what);
    bool any = false;
    for (std::size_t s = 0; s < spaces.size(); ++s) {
        auto vector = store::vector_in(record, spaces, s);
        if (dense && spaces.size() == 1 && store::is_none(vector)) vector = std::span<const float>();  // says how long it must be
        const bool there = !store::is_none(vector);
        any = any || there;
        const auto& [name, space] = spaces[s];
        norms.push_back(there ? check_vector(space, vector, name.empty() ? what : what + ", space " + shown(name)) : 0);
    }
    if (!any) refuse(what, "it has no vector: give one in `vector`, `vectors`, `sparse` or `multi`");
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
