#include <sextant/encode/stream.hpp>

#include <string>
#include <utility>
#include <vector>

#include <sextant/core/error.hpp>

namespace sextant {
namespace {

Encoded encode_part(const Encoder& encoder, const std::vector<Item>& items, const EncodeOptions& options, std::size_t before) {
    try {
        auto part = encoder.encode(items, options);
        for (auto* info : {&part.dense.info, &part.sparse.info, &part.multi.info})
            for (auto& row : *info) row.item += before;
        return part;
    } catch (const Error& error) {
        if (before == 0) throw;
        throw Error(error.code(), "after the first " + std::to_string(before) + " items: " + error.what());
    }
}

}  // namespace

std::size_t encode_stream(const Encoder& encoder, const std::function<std::optional<Item>()>& next, const std::function<bool(Encoded&& part)>& sink,
                          const StreamOptions& options) {
    if (!next || !sink) throw Error(ErrorCode::invalid_argument, "encode_stream needs a function that gives items and one that takes vectors");
    if (options.items == 0) throw Error(ErrorCode::invalid_argument, "StreamOptions::items is 0; expected at least 1");
    std::size_t done = 0;
    std::vector<Item> items;
    for (bool more = true; more;) {
        items.clear();
        while (items.size() < options.items) {
            auto item = next();
            more = item.has_value();
            if (!more) break;
            items.push_back(std::move(*item));
        }
        if (items.empty()) break;
        auto part = encode_part(encoder, items, options.encode, done);
        done += items.size();
        if (!sink(std::move(part))) break;
    }
    return done;
}

}  // namespace sextant
