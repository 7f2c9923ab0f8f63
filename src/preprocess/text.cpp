#include <sextant/preprocess/text.hpp>

#include <algorithm>

namespace sextant {

Encoding TextPreprocessor::encode(std::string_view text, std::string_view prompt) const {
    if (prompt.empty()) return tokenizer_.encode(text, spec_.max_length);
    return tokenizer_.encode(std::string(prompt).append(text), spec_.max_length);
}

Encoding TextPreprocessor::encode_pair(std::string_view query, std::string_view document) const {
    return tokenizer_.encode_pair(std::string(spec_.query_prompt).append(query), std::string(spec_.document_prompt).append(document),
                                  spec_.max_length);
}

TextBatch TextPreprocessor::batch(std::span<const Encoding> rows) const {
    std::size_t width = spec_.pad_to_max_length ? spec_.max_length : 0;
    for (const auto& row : rows) width = std::max(width, row.ids.size());

    std::vector<std::int64_t> ids(rows.size() * width, spec_.pad_id);
    std::vector<std::int64_t> mask(rows.size() * width, 0);
    std::vector<std::int64_t> types(rows.size() * width, 0);
    std::vector<EmbeddingInfo> info;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto at = static_cast<std::ptrdiff_t>(i * width);
        std::copy(rows[i].ids.begin(), rows[i].ids.end(), ids.begin() + at);
        std::copy(rows[i].type_ids.begin(), rows[i].type_ids.end(), types.begin() + at);
        std::fill_n(mask.begin() + at, rows[i].ids.size(), 1);
        info.push_back({rows[i].tokens_total, rows[i].ids.size()});
    }
    const Tensor::Shape shape{static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(width)};
    return {{shape, std::move(ids)}, {shape, std::move(mask)}, {shape, std::move(types)}, std::move(info)};
}

}  // namespace sextant
