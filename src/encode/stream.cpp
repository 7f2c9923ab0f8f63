#include <sextant/encode/stream.hpp>

#include <utility>
#include <vector>

#include <sextant/core/error.hpp>

namespace sextant {

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
        auto encode = options.encode;
        encode.first_item += done;
        auto part = encoder.encode(items, encode);
        done += items.size();
        if (!sink(std::move(part))) break;
    }
    return done;
}

}  // namespace sextant
