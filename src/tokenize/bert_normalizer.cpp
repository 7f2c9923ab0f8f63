// After tokenizers/src/normalizers/bert.rs of Hugging Face, whose tables differ from those of Google's BERT.
#include <string>

#include "tokenize/normal_form.hpp"
#include "tokenize/normalizer.hpp"
#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

namespace {

class BertNormalizer final : public Normalizer {
public:
    BertNormalizer(bool clean, bool space_chinese, bool strip_accents, bool lowercase)
        : clean_(clean), space_chinese_(space_chinese), strip_accents_(strip_accents), lowercase_(lowercase) {}

    void apply(Text& text) const override {
        if (clean_) text.rewrite_each(clean);
        if (!is_ascii(text.bytes())) {
            if (space_chinese_) text.rewrite_each(space_chinese);
            if (strip_accents_) strip_accents(text);
        }
        if (lowercase_) text.rewrite_each(lower_case);
    }

private:
    static void clean(Rewriter& rewriter, CodePoint c) {
        const bool is_space = c.value == '\t' || c.value == '\n' || c.value == '\r' || is_whitespace(c.value);
        if (c.value == 0 || c.value == 0xFFFD || is_control(c.value))
            rewriter.drop(c.length);
        else if (is_space)
            rewriter.replace(c.length, " ");
        else
            rewriter.keep(c.length);
    }

    static void space_chinese(Rewriter& rewriter, CodePoint c) {
        if (!is_chinese(c.value)) return rewriter.keep(c.length);
        rewriter.insert(" ");
        rewriter.keep(c.length);
        rewriter.replace(0, " ");
    }

    static void strip_accents(Text& text) {
        rewrite_in(NormalForm::nfd, text);
        text.rewrite_each([](Rewriter& rewriter, CodePoint c) {
            is_mark_nonspacing(c.value) ? rewriter.drop(c.length) : rewriter.keep(c.length);
        });
    }

    bool clean_, space_chinese_, strip_accents_, lowercase_;
};

}  // namespace

void lower_case(Rewriter& rewriter, CodePoint c) {
    if (c.value < 0x80 && (c.value < 'A' || c.value > 'Z')) return rewriter.keep(c.length);
    std::string small;  // at most five bytes, which no string allocates for
    append_lower_case(small, c.value);
    rewriter.replace(c.length, small);
}

std::unique_ptr<const Normalizer> read_bert_normalizer(const JsonNode& node) {
    node.only({"type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase"});
    const bool lowercase = node.at("lowercase").as_bool();
    const auto strip = node.find("strip_accents");
    return std::make_unique<BertNormalizer>(node.at("clean_text").as_bool(), node.at("handle_chinese_chars").as_bool(),
                                            strip ? strip->as_bool() : lowercase, lowercase);
}

}  // namespace sextant::tokenize
