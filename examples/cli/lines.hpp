// The lines of a file of texts.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include <sextant/core/item.hpp>

namespace cli {

/// Lines, one after the other, none of which is ever read beyond its most bytes.
class Lines {
public:
    /// Of this file, or for - of standard input. Throws `sextant::Error(not_found)`.
    explicit Lines(std::string file, std::size_t max_bytes = sextant::max_text_bytes);

    /// Without its end; nothing after the last. Throws `limit` for a line over its most bytes, and `io` if the file cannot be
    /// read to its end.
    [[nodiscard]] std::optional<std::string> next();
    /// Of the line that was read last; the first is 1.
    [[nodiscard]] std::size_t number() const noexcept { return number_; }

private:
    struct Close {
        void operator()(std::FILE* file) const noexcept;
    };

    std::string file_;
    std::size_t max_bytes_;
    std::unique_ptr<std::FILE, Close> stream_;
    std::size_t number_ = 0;
};

}  // namespace cli
