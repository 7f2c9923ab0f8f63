// After pre_tokenizers/metaspace.rs of Hugging Face.
#include "tokenize/metaspace.hpp"

#include <algorithm>
#include <utility>

#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

namespace {

PrependScheme read_scheme(const JsonNode& node) {
    const auto& name = node.as_string();
    if (name == "first") return PrependScheme::first;
    if (name == "never") return PrependScheme::never;
    if (name == "always") return PrependScheme::always;
    node.fail(ErrorCode::unsupported, "\"" + name + "\" is not known to this version of sextant");
}

class Metaspace final : public PreTokenizer {
public:
    explicit Metaspace(MetaspaceOptions options) : options_(std::move(options)) {}

    void apply(Pieces& pieces) const override {
        pieces.rewrite([this](Rewriter& rewriter) { mark(rewriter); });
        if (!options_.split) return;
        const auto letter = front(options_.letter).value;
        pieces.split([letter](std::string_view text, auto&& part) {
            std::size_t begin = 0;
            for (std::size_t at = 0; at < text.size();) {
                const auto [c, length] = front(text.substr(at));
                if (c == letter) {
                    part(begin, at);
                    begin = at;
                }
                at += length;
            }
            part(begin, text.size());
        });
    }

private:
    void mark(Rewriter& rewriter) const {
        if (rewriter.done()) return;
        const bool has_mark = rewriter.rest().starts_with(' ') || rewriter.rest().starts_with(options_.letter);
        const bool wants_mark = options_.scheme == PrependScheme::always ||
                                (options_.scheme == PrependScheme::first && rewriter.origin() == 0);
        if (wants_mark && !has_mark) rewriter.insert(options_.letter);
        while (!rewriter.done()) {
            const auto blank = rewriter.rest().find(' ');
            rewriter.keep(std::min(blank, rewriter.rest().size()));
            if (!rewriter.done()) rewriter.replace(1, options_.letter);
        }
    }

    MetaspaceOptions options_;
};

}  // namespace

MetaspaceOptions read_metaspace_options(const JsonNode& node) {
    node.only({"type", "replacement", "add_prefix_space", "prepend_scheme", "split", "str_rep"});
    MetaspaceOptions options;
    append(options.letter, node.at("replacement").as_code_point());
    const auto scheme = node.find("prepend_scheme");
    options.scheme = scheme ? read_scheme(*scheme) : PrependScheme::always;
    // The field of old files, which must agree with the newer one.
    if (const auto prefix = node.find("add_prefix_space"); prefix && !prefix->as_bool()) {
        if (options.scheme != PrependScheme::never)
            node.fail(ErrorCode::corrupt, "add_prefix_space is false, but prepend_scheme is not \"never\"");
    }
    const auto split = node.find("split");
    options.split = !split || split->as_bool();
    return options;
}

std::unique_ptr<const PreTokenizer> read_metaspace(const JsonNode& node) {
    return std::make_unique<Metaspace>(read_metaspace_options(node));
}

}  // namespace sextant::tokenize
