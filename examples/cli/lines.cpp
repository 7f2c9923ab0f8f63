#include "lines.hpp"

#include <utility>

#include <sextant/core/error.hpp>

namespace cli {

void Lines::Close::operator()(std::FILE* file) const noexcept {
    if (file != stdin) std::fclose(file);
}

Lines::Lines(std::string file, std::size_t max_bytes) : file_(std::move(file)), max_bytes_(max_bytes), stream_(file_ == "-" ? stdin : std::fopen(file_.c_str(), "rb")) {
    if (!stream_) throw sextant::Error(sextant::ErrorCode::not_found, "cannot read " + file_ + ": give a file of texts, one in each line, or - for standard input");
}

std::optional<std::string> Lines::next() {
    const auto where = [this] { return file_ == "-" ? "standard input" : file_; };
    ++number_;
    std::string line;
    int c = std::getc(stream_.get());
    const bool any = c != EOF;
    for (; c != EOF && c != '\n'; c = std::getc(stream_.get())) {
        if (line.size() == max_bytes_)
            throw sextant::Error(sextant::ErrorCode::limit, "line " + std::to_string(number_) + " of " + where() + " has more than " +
                                                                std::to_string(max_bytes_) + " bytes: cut it into parts");
        line += static_cast<char>(c);
    }
    if (std::ferror(stream_.get()) != 0) throw sextant::Error(sextant::ErrorCode::io, "cannot read " + where() + " to its end: line " + std::to_string(number_) + " failed");
    if (!any) return std::nullopt;
    return line;
}

}  // namespace cli
