#include <limits>

#include "bundle/sections.hpp"

namespace sextant::bundle_detail {
namespace {

constexpr std::int64_t most_tokens = 65'536;

void read_padding(Fields& fields, TextSpec& spec) {
    constexpr std::int64_t highest_id = std::numeric_limits<std::int32_t>::max();
    spec.pad_to_max_length = fields.boolean("pad_to_max_length", false);
    spec.attend_to_padding = fields.boolean("attend_to_padding", false);
    spec.pad_id = fields.integer("pad_id", 0, highest_id, 0);
    spec.pad_type_id = fields.integer("pad_type_id", 0, highest_id, 0);
    spec.pad_to_multiple_of = static_cast<std::size_t>(fields.integer("pad_to_multiple_of", 1, most_tokens, 0));
    spec.padding_side = fields.choice<Padding::Side>("padding_side", {{"right", Padding::Side::right}, {"left", Padding::Side::left}}, "right");
}

void read_prompts(Fields prompts, TextSpec& spec) {
    spec.query_prompt = prompts.string("query", "");
    spec.document_prompt = prompts.string("document", "");
    prompts.expect_nothing_else();
}

}  // namespace

TextSpec read_text_spec(Fields fields, const Files& files) {
    TextSpec spec;
    spec.tokenizer = listed_file(fields, "tokenizer", files);
    spec.max_length = static_cast<std::size_t>(fields.integer("max_length", 1, most_tokens));
    spec.truncation_side =
        fields.choice<Truncation::Side>("truncation_side", {{"right", Truncation::Side::right}, {"left", Truncation::Side::left}}, "right");
    spec.clean = fields.choice<TextCleaning>("clean",
                                             {{"none", TextCleaning::none},
                                              {"whitespace", TextCleaning::whitespace},
                                              {"clip", TextCleaning::clip},
                                              {"canonicalize", TextCleaning::canonicalize},
                                              {"blip", TextCleaning::blip}},
                                             "none");
    spec.lowercase = fields.boolean("lowercase", false);
    read_padding(fields, spec);
    if (fields.has("prompts")) read_prompts(fields.object("prompts"), spec);
    fields.expect_nothing_else();
    return spec;
}

PairSpec read_pair_spec(Fields fields) {
    using Strategy = Truncation::Strategy;
    PairSpec spec;
    if (fields.has("query_max_length"))
        spec.query_max_length = static_cast<std::size_t>(fields.integer("query_max_length", 1, most_tokens));
    spec.truncation = fields.choice<Strategy>("truncation", {{"longest_first", Strategy::longest_first}, {"only_second", Strategy::only_second}}, "longest_first");
    fields.expect_nothing_else();
    return spec;
}

}  // namespace sextant::bundle_detail
