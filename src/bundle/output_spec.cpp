#include <algorithm>
#include <limits>

#include "bundle/sections.hpp"

namespace sextant::bundle_detail {
namespace {

constexpr std::int64_t most_ids = std::int64_t{1} << 24;

/// Ascending, each once, so that they can be searched.
std::vector<std::int64_t> read_ids(Fields& fields, const std::string& name) {
    if (!fields.has(name)) return {};
    auto ids = fields.integers(name, 0, most_ids - 1);
    std::ranges::sort(ids);
    const auto repeated = std::ranges::unique(ids);
    ids.erase(repeated.begin(), repeated.end());
    return ids;
}

}  // namespace

SparseSpec read_sparse_spec(Fields fields) {
    SparseSpec spec;
    spec.form = fields.choice<SparseSpec::Form>("form", {{"token_weights", SparseSpec::Form::token_weights}, {"vocabulary", SparseSpec::Form::vocabulary}});
    spec.size = static_cast<std::size_t>(fields.integer("size", 1, most_ids));
    spec.ignore_ids = read_ids(fields, "ignore_ids");
    fields.expect_nothing_else();
    return spec;
}

MultiSpec read_multi_spec(Fields fields) {
    using Keep = MultiSpec::Keep;
    constexpr std::int64_t most_skipped = 65'536;
    MultiSpec spec;
    spec.dimensions = static_cast<std::size_t>(fields.integer("dimensions", 1, static_cast<std::int64_t>(max_dimensions)));
    spec.normalize = fields.boolean("normalize", true);
    const auto keep = fields.string("keep", "attended");
    spec.keep = fields.choice<Keep>("keep", {{"attended", Keep::attended}, {"all", Keep::all}}, keep);
    spec.keep_query = fields.choice<Keep>("keep_query", {{"attended", Keep::attended}, {"all", Keep::all}}, keep);
    spec.skip_first = static_cast<std::size_t>(fields.integer("skip_first", 0, most_skipped, 0));
    spec.drop_ids = read_ids(fields, "drop_ids");
    spec.score = fields.choice<MultiScore>(
        "score", {{"max_sim_sum", MultiScore::max_sim_sum}, {"max_sim_mean", MultiScore::max_sim_mean}, {"max", MultiScore::max}});
    fields.expect_nothing_else();
    return spec;
}

}  // namespace sextant::bundle_detail
