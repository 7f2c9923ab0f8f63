// Reads golden/golden.json.
#include <sextant/bundle/bundle.hpp>

#include <array>
#include <charconv>
#include <cstring>

#include "bundle/fields.hpp"

namespace sextant {

using bundle_detail::Fields;
using bundle_detail::Json;

namespace {

std::vector<float> as_floats(const std::vector<std::byte>& bytes, const std::string& where) {
    if (bytes.size() % sizeof(float) != 0) throw Error(ErrorCode::corrupt, where + " is not a list of 32-bit floats");
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

std::vector<float> as_floats(const Fields& fields, const std::string& name, const Json& list) {
    if (!list.is_array()) fields.fail(ErrorCode::corrupt, name, "is not a list");
    std::vector<float> values;
    for (const auto& element : list) {
        if (!element.is_number()) fields.fail(ErrorCode::corrupt, name, "holds something that is not a number");
        values.push_back(element.get<float>());
    }
    return values;
}

std::map<std::int64_t, float> read_weights(Fields& fields) {
    std::map<std::int64_t, float> weights;
    for (const auto& [name, weight] : fields.members("sparse")) {
        std::int64_t id = -1;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
        if (error != std::errc() || end != name.data() + name.size() || id < 0 || !weight.is_number())
            fields.fail(ErrorCode::corrupt, "sparse", "holds \"" + name + "\": " + weight.dump() + ", which is not an id and its weight");
        weights[id] = weight.get<float>();
    }
    return weights;
}

Golden read_golden(const Bundle& bundle, const Json& json, const std::string& where) {
    Fields fields(json, where, "");
    Golden golden;
    golden.text = fields.string("text", "");
    golden.query = fields.boolean("query", false);
    if (fields.has("document")) golden.document = fields.string("document");
    golden.file = fields.string("file", "");
    if (fields.has("input_ids")) golden.input_ids = fields.integers("input_ids", 0, std::numeric_limits<std::int64_t>::max());
    if (fields.has("vector")) golden.vector = as_floats(fields, "vector", fields.required("vector"));
    if (fields.has("sparse")) golden.sparse = read_weights(fields);
    if (fields.has("multi"))
        for (const auto& row : fields.required("multi")) golden.multi.push_back(as_floats(fields, "multi", row));
    golden.score = static_cast<float>(fields.number("score", 0));
    if (const auto pixels = fields.string("pixels", ""); !pixels.empty()) golden.pixels = as_floats(bundle.read(pixels), (bundle.folder() / pixels).string());
    return golden;
}

}  // namespace

Goldens Bundle::goldens(std::size_t at_most) const {
    Goldens goldens;
    if (manifest_.golden.empty()) return goldens;
    const auto where = (folder_ / manifest_.golden).string();
    const Json json = bundle_detail::parse_json(read_text(manifest_.golden), where);
    Fields root(json, where, "");
    goldens.reference = root.string("reference", "an unnamed reference");
    for (auto [name, list] :
         {std::pair{"text", &goldens.text}, {"image", &goldens.image}, {"text_image", &goldens.text_image}, {"pair", &goldens.pair}}) {
        if (!root.has(name)) continue;
        if (!root.required(name).is_array()) root.fail(ErrorCode::corrupt, name, "is not a list");
        std::array<std::size_t, 2> taken{};
        for (const auto& golden : root.required(name)) {
            auto& of_role = taken[Fields(golden, where, name).boolean("query", false) ? 1 : 0];
            if (of_role == at_most) continue;
            ++of_role;
            list->push_back(read_golden(*this, golden, where));
        }
    }
    return goldens;
}

}  // namespace sextant
