#include <string>
#include <utility>
#include <vector>

#include "tokenize/byte_alphabet.hpp"
#include "tokenize/normal_form.hpp"
#include "tokenize/normalizer.hpp"
#include "tokenize/pattern.hpp"
#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

namespace {

class UnicodeForm final : public Normalizer {
public:
    explicit UnicodeForm(NormalForm form) : form_(form) {}

    void apply(Text& text) const override { rewrite_in(form_, text); }

private:
    NormalForm form_;
};

class Lowercase final : public Normalizer {
public:
    void apply(Text& text) const override { text.rewrite_each(lower_case); }
};

// SentencePiece's nmt rule: controls go, odd blanks become spaces.
class Nmt final : public Normalizer {
public:
    void apply(Text& text) const override {
        text.rewrite_each([](Rewriter& rewriter, CodePoint c) {
            if (is_dropped(c.value))
                rewriter.drop(c.length);
            else if (is_blank(c.value))
                rewriter.replace(c.length, " ");
            else
                rewriter.keep(c.length);
        });
    }

private:
    static bool is_dropped(char32_t c) noexcept {
        return (c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
    }
    static bool is_blank(char32_t c) noexcept {
        return c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 || (c >= 0x200B && c <= 0x200F) ||
               c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
    }
};

class StripAccents final : public Normalizer {
public:
    void apply(Text& text) const override {
        text.rewrite_each([](Rewriter& rewriter, CodePoint c) {
            is_combining_mark(c.value) ? rewriter.drop(c.length) : rewriter.keep(c.length);
        });
    }
};

class Strip final : public Normalizer {
public:
    Strip(bool left, bool right) : left_(left), right_(right) {}

    void apply(Text& text) const override {
        text.rewrite([this](Rewriter& rewriter) {
            while (left_ && !rewriter.done() && is_whitespace(front(rewriter.rest()).value))
                rewriter.drop(front(rewriter.rest()).length);
            auto kept = rewriter.rest();
            while (right_ && !kept.empty() && is_whitespace(back(kept).value)) kept.remove_suffix(back(kept).length);
            rewriter.keep(kept.size());
            rewriter.drop(rewriter.rest().size());
        });
    }

private:
    bool left_, right_;
};

class Replace final : public Normalizer {
public:
    Replace(std::unique_ptr<const Pattern> pattern, std::string content)
        : pattern_(std::move(pattern)), content_(std::move(content)) {}

    void apply(Text& text) const override {
        std::vector<Stretch> stretches;
        pattern_->cut(text.bytes(), stretches);
        text.rewrite([&](Rewriter& rewriter) {
            for (const auto& stretch : stretches) {
                const auto length = stretch.end - stretch.begin;
                stretch.is_match ? rewriter.replace(length, content_) : rewriter.keep(length);
            }
        });
    }

private:
    std::unique_ptr<const Pattern> pattern_;
    std::string content_;
};

// Every byte becomes the visible code point that stands for it.
class ByteLevel final : public Normalizer {
public:
    void apply(Text& text) const override { text.rewrite(write_bytes_as_letters); }
};

class Prepend final : public Normalizer {
public:
    explicit Prepend(std::string prefix) : prefix_(std::move(prefix)) {}

    void apply(Text& text) const override {
        if (text.bytes().empty()) return;
        text.rewrite([this](Rewriter& rewriter) {
            if (!prefix_.empty()) return rewriter.insert(prefix_);
            // As in Hugging Face, the first character then stands for nothing of the text.
            const auto first = front(rewriter.rest());
            rewriter.put(first.value, 1);
            rewriter.drop(first.length);
        });
    }

private:
    std::string prefix_;
};

class Sequence final : public Normalizer {
public:
    explicit Sequence(const JsonNode& node) {
        for (const auto& element : node.elements()) steps_.push_back(read_normalizer(element));
    }

    void apply(Text& text) const override {
        for (const auto& step : steps_) step->apply(text);
    }

private:
    std::vector<std::unique_ptr<const Normalizer>> steps_;
};

}  // namespace

std::unique_ptr<const Normalizer> read_normalizer(const JsonNode& node) {
    const auto& type = node.at("type").as_string();
    if (type == "BertNormalizer") return read_bert_normalizer(node);
    if (type == "Precompiled") return read_precompiled(node);
    if (type == "Strip") {
        node.only({"type", "strip_left", "strip_right"});
        return std::make_unique<Strip>(node.at("strip_left").as_bool(), node.at("strip_right").as_bool());
    }
    if (type == "Replace") {
        node.only({"type", "pattern", "content"});
        return std::make_unique<Replace>(read_pattern(node.at("pattern")), node.at("content").as_string());
    }
    if (type == "Prepend") {
        node.only({"type", "prepend"});
        return std::make_unique<Prepend>(node.at("prepend").as_string());
    }
    if (type == "Sequence") {
        node.only({"type", "normalizers"});
        return std::make_unique<Sequence>(node.at("normalizers"));
    }
    node.only({"type"});
    if (type == "NFC") return std::make_unique<UnicodeForm>(NormalForm::nfc);
    if (type == "NFD") return std::make_unique<UnicodeForm>(NormalForm::nfd);
    if (type == "NFKC") return std::make_unique<UnicodeForm>(NormalForm::nfkc);
    if (type == "NFKD") return std::make_unique<UnicodeForm>(NormalForm::nfkd);
    if (type == "Nmt") return std::make_unique<Nmt>();
    if (type == "ByteLevel") return std::make_unique<ByteLevel>();
    if (type == "Lowercase") return std::make_unique<Lowercase>();
    if (type == "StripAccents") return std::make_unique<StripAccents>();
    node.fail(ErrorCode::unsupported, "the normalizer \"" + type + "\" is not supported by this version of sextant");
}

}  // namespace sextant::tokenize
