// What SentencePiece models do to a text first, as normalizers/precompiled.rs of Hugging Face and its crate
// spm_precompiled do it, which is not quite what SentencePiece does.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tokenize/charsmap.hpp"
#include "tokenize/graphemes.hpp"
#include "tokenize/normalizer.hpp"
#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

namespace {

// RFC 4648, with the padding, and nothing else.
std::string decode_base64(const JsonNode& node) {
    const std::string_view text = node.as_string();
    const auto refuse = [&node](std::size_t at) {
        node.fail(ErrorCode::corrupt, "no base64 at character " + std::to_string(at));
    };
    const auto padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
    if (text.size() % 4 != 0) refuse(text.size());
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0, count = 0;  // not written yet
    for (std::size_t i = 0; i + padding < text.size(); ++i) {
        constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const auto digit = digits.find(text[i]);
        if (digit == std::string_view::npos) refuse(i);
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>(bits >> count & 0xFF);
        bits &= (1U << count) - 1;
    }
    if (bits != 0) refuse(text.size());
    return bytes;
}

// Writes steps of NormalizedString::transform. The last one waits, since text that is removed later is added to it.
class Steps {
public:
    explicit Steps(Rewriter& rewriter) : rewriter_(rewriter) {}

    void keep(std::string_view part) {
        if (!lags_) {  // then the part is what the rewriter reads next, but for the step that waits
            const auto last = back(part);
            flush();
            rewriter_.keep(part.size() - last.length);
            wait({last.value, 0});
            return;
        }
        for (std::size_t at = 0; at < part.size(); at += front(part.substr(at)).length)
            add(front(part.substr(at)).value, 0);
    }

    void replace(std::string_view old, std::string_view fresh) {
        const auto had = static_cast<int>(count_code_points(old));
        const auto has = static_cast<int>(count_code_points(fresh));
        int written = 0;
        for (std::size_t at = 0; at < fresh.size();) {
            const auto [c, length] = front(fresh.substr(at));
            at += length;
            ++written;
            add(c, written > had ? 1 : written == has ? std::min(has - had, 0) : 0);
        }
        if (has > 0) return;
        if (is_waiting_)
            last_.change -= had;
        else
            lags_ = true;  // Hugging Face forgets what is removed before the first character, and all places shift
    }

    void finish() {
        flush();
        rewriter_.drop(rewriter_.rest().size());
    }

private:
    struct Step {
        char32_t c;
        int change;
    };

    void add(char32_t c, int change) {
        flush();
        wait({c, change});
    }

    void wait(Step step) {
        last_ = step;
        is_waiting_ = true;
    }

    void flush() {
        if (is_waiting_) rewriter_.put(last_.c, last_.change);
        is_waiting_ = false;
    }

    Rewriter& rewriter_;
    Step last_{};
    bool is_waiting_ = false;
    bool lags_ = false;
};

class Precompiled final : public Normalizer {
public:
    explicit Precompiled(const JsonNode& node) : map_(decode_base64(node), node.place()) {
        for (std::size_t c = 0; c < is_plain_.size(); ++c) {
            const char letter = static_cast<char>(c);
            is_plain_[c] = letter != '\r' && !map_.find_shortest({&letter, 1});
        }
    }

    void apply(Text& text) const override {
        text.rewrite([&](Rewriter& rewriter) {
            Steps steps(rewriter);
            for (auto rest = rewriter.rest(); !rest.empty();) {
                if (const auto plain = count_plain(rest); plain > 0) {
                    steps.keep(rest.substr(0, plain));
                    rest.remove_prefix(plain);
                    continue;
                }
                const auto grapheme = rest.substr(0, first_grapheme(rest));
                rewrite(grapheme, steps);
                rest.remove_prefix(grapheme.size());
            }
            steps.finish();
        });
    }

private:
    // Letters that stay as they are, each a grapheme of its own, as ASCII comes next.
    std::size_t count_plain(std::string_view text) const noexcept {
        const auto is_ascii_at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]) < 0x80; };
        std::size_t count = 0;
        while (count < text.size() && is_ascii_at(count) && is_plain_[static_cast<unsigned char>(text[count])] &&
               (count + 1 == text.size() || is_ascii_at(count + 1)))
            ++count;
        return count;
    }

    // A short grapheme becomes what the shortest key at its front becomes, and the rest of it is lost.
    void rewrite(std::string_view grapheme, Steps& steps) const {
        constexpr std::size_t too_long = 6;
        if (grapheme.size() < too_long) {
            if (const auto fresh = map_.find_shortest(grapheme)) return steps.replace(grapheme, *fresh);
        }
        for (std::size_t at = 0; at < grapheme.size();) {
            const auto part = grapheme.substr(at, front(grapheme.substr(at)).length);
            const auto fresh = map_.find_shortest(part);
            fresh ? steps.replace(part, *fresh) : steps.keep(part);
            at += part.size();
        }
    }

    Charsmap map_;
    std::array<bool, 128> is_plain_{};
};

}  // namespace

std::unique_ptr<const Normalizer> read_precompiled(const JsonNode& node) {
    node.only({"type", "precompiled_charsmap"});
    return std::make_unique<Precompiled>(node.at("precompiled_charsmap"));
}

}  // namespace sextant::tokenize
