#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "tokenize/pattern.hpp"
#include "tokenize/regex_syntax.hpp"
#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

namespace {

constexpr std::size_t max_regex_bytes = 16 * 1024;
constexpr std::uint32_t heap_limit_kib = 64 * 1024;
// What one search may take from one place on (PCRE2 counts where it backtracks), and all searches of a text together. A
// regex that looks to the end of the text from everywhere takes steps that PCRE2 does not count; so in texts that are not
// short time is looked at now and then. For a text of 64 KiB usual regexes take a hundredth of it.
constexpr std::uint32_t max_steps = 1'000'000;
constexpr std::size_t short_text = 256, bytes_at_a_time = 32;
constexpr double max_seconds = 0.5;

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
using Code = std::unique_ptr<pcre2_code, Deleter<pcre2_code_free>>;
using CompileContext = std::unique_ptr<pcre2_compile_context, Deleter<pcre2_compile_context_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Deleter<pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Deleter<pcre2_match_data_free>>;

std::string message_of(int error) {
    PCRE2_UCHAR buffer[128] = {};
    pcre2_get_error_message(error, buffer, sizeof(buffer));
    return reinterpret_cast<const char*>(buffer);
}

// What PCRE2 works in. Each thread has one, as a text may be cut into thousands of pieces that are searched one by one.
struct Workplace {
    Workplace() : context(pcre2_match_context_create(nullptr)), data(pcre2_match_data_create(1, nullptr)) {
        if (!context || !data) throw std::bad_alloc();
        pcre2_set_heap_limit(context.get(), heap_limit_kib);
    }

    MatchContext context;
    MatchData data;
};

Workplace& workplace() {
    thread_local std::unique_ptr<Workplace> mine;
    if (!mine) mine = std::make_unique<Workplace>();
    return *mine;
}

// Of this thread, which others do not lengthen.
double processor_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// The searches of one text.
class Search {
public:
    Search(const pcre2_code& code, std::string_view subject) : code_(code), subject_(subject), workplace_(workplace()) {
        if (subject.size() <= short_text) last_ = short_text;
        else deadline_ = processor_seconds() + max_seconds;
    }

    // What the last search found.
    const PCRE2_SIZE* span() const { return pcre2_get_ovector_pointer(workplace_.data.get()); }

    // What PCRE2 returns: below 0 if there is no match, or none within the limits.
    int next(std::size_t from) {
        for (;;) {
            if (from > last_) {
                if (processor_seconds() > deadline_) return PCRE2_ERROR_MATCHLIMIT;
                last_ = from + bytes_at_a_time;
            }
            const int result = match(from);
            if (result != PCRE2_ERROR_NOMATCH || last_ >= subject_.size()) return result;
            from = last_ + 1;
            while (from < subject_.size() && (static_cast<unsigned char>(subject_[from]) & 0xC0) == 0x80) ++from;
        }
    }

private:
    // Looks for a match that begins at one of the bytes [from, last_].
    int match(std::size_t from) const {
        pcre2_set_match_limit(workplace_.context.get(), max_steps);
        pcre2_set_offset_limit(workplace_.context.get(), last_);
        const auto match = [&](std::uint32_t options) {
            return pcre2_match(&code_, reinterpret_cast<PCRE2_SPTR>(subject_.data()), subject_.size(), from,
                               PCRE2_NO_UTF_CHECK | options, workplace_.data.get(), workplace_.context.get());
        };
        const int result = match(0);  // if that fails, the interpreter, whose stack is on the heap
        return result == PCRE2_ERROR_JIT_STACKLIMIT ? match(PCRE2_NO_JIT) : result;
    }

    const pcre2_code& code_;
    std::string_view subject_;
    Workplace& workplace_;
    std::size_t last_ = bytes_at_a_time;
    double deadline_ = 0;
};

// Matches with PCRE2 as Oniguruma would, through a mirror of the text in which every code point that the two class
// differently (PCRE2 may be built with an older Unicode) is replaced by one of equal length.
class Regex final : public Pattern {
public:
    Regex(const std::string& regex, const JsonNode& node) : place_(node.place()) {
        if (regex.size() > max_regex_bytes) node.fail(ErrorCode::limit, "a regex of more than 16 KiB");
        CompileContext context(pcre2_compile_context_create(nullptr));
        if (!context) throw std::bad_alloc();
        pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
        int error = 0;
        PCRE2_SIZE offset = 0;
        constexpr auto options =
            PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE | PCRE2_USE_OFFSET_LIMIT;
        code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(regex.data()), regex.size(), options, &error, &offset,
                                  context.get()));
        if (!code_) node.fail(ErrorCode::unsupported, "PCRE2 cannot read the regex: " + message_of(error));
        pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE);  // where there is no JIT, the interpreter matches
    }

    void cut(std::string_view text, std::vector<Stretch>& stretches) const override {
        start(text, stretches);
        if (text.empty()) return;  // Hugging Face does not ask whether a regex matches nothing
        const std::string reflection = reflect(text);
        const std::string_view subject = reflection.empty() ? text : std::string_view(reflection);
        std::size_t end = 0;
        for_each_match(subject, [&](std::size_t begin, std::size_t match_end) {
            if (end < begin) stretches.push_back({end, begin, false});
            stretches.push_back({begin, match_end, true});
            end = match_end;
        });
        if (end < text.size()) stretches.push_back({end, text.size(), false});
    }

private:
    // The text with stand-ins, or nothing if it has no use for them.
    static std::string reflect(std::string_view text) {
        std::string reflection;
        for (std::size_t at = 0; at < text.size();) {
            const auto [c, length] = front(text.substr(at));
            if (const auto image = regex_mirror(c); image != c) {
                if (reflection.empty()) reflection = text;
                std::string bytes;
                append(bytes, image);
                reflection.replace(at, length, bytes);
            }
            at += length;
        }
        return reflection;
    }

    // As FindMatches of the crate onig: an empty match is taken unless it touches the end of the match before.
    template <class Found>
    void for_each_match(std::string_view subject, Found&& found) const {
        Search search(*code_, subject);
        std::size_t from = 0, last_end = std::string_view::npos;
        while (from <= subject.size()) {
            const int result = search.next(from);
            if (result == PCRE2_ERROR_NOMATCH) return;
            if (result < 0)
                throw Error(ErrorCode::limit, place_ + ": the regex takes too long on this text (PCRE2: " + message_of(result) +
                                                  "): shorten the text, or the regex looks too far ahead at every place");
            const auto* span = search.span();
            if (span[0] == span[1] && span[1] == last_end) {
                from += from < subject.size() ? front(subject.substr(from)).length : 1;
                continue;
            }
            found(span[0], span[1]);
            from = last_end = span[1];
        }
    }

    Code code_;
    std::string place_;
};

}  // namespace

std::unique_ptr<const Pattern> make_regex(std::string_view regex, const JsonNode& node) {
    auto translation = translate_regex(regex);
    if (!translation.problem.empty())
        node.fail(ErrorCode::unsupported,
                  "the regex has \"" + translation.problem + "\", which this version of sextant does not support");
    return std::make_unique<Regex>(translation.regex, node);
}

}  // namespace sextant::tokenize
