// What a person sees: the progress bar and the contact sheet.
#include <cstdio>
#include <sstream>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli.hpp"
#include "files.hpp"

namespace cli {

constexpr std::string_view page_begin = "<!doctype html>";

std::string default_model() { return SEXTANT_EXAMPLES_DIR "/models/demo"; }
std::string default_reranker() { return SEXTANT_EXAMPLES_DIR "/models/demo-rerank"; }

Progress::Progress(std::string doing, std::size_t total) : doing_(std::move(doing)), total_(total), terminal_(::isatty(STDERR_FILENO) == 1) {}

void Progress::at(std::size_t done) {
    if (total_ == 0) return;
    const std::size_t tenths = done * 10 / total_;
    if (terminal_) {
        const std::string bar = std::string(2 * tenths, '#') + std::string(20 - std::min<std::size_t>(20, 2 * tenths), '.');
        std::fprintf(stderr, "\r%s [%s] %zu of %zu", doing_.c_str(), bar.c_str(), done, total_);
        open_ = true;
    } else if (tenths > tenths_said_) {
        std::fprintf(stderr, "%s: %zu of %zu\n", doing_.c_str(), done, total_);
        tenths_said_ = tenths;
    }
}

void Progress::finish() {
    if (open_) std::fputc('\n', stderr);
    open_ = false;
}

std::string source_of(const sextant::Hit& hit) {
    const auto payload = nlohmann::json::parse(hit.payload, nullptr, false);
    return payload.is_object() && payload.contains("source") && payload["source"].is_string() ? payload["source"].get<std::string>() : "";
}

namespace {

std::string escape_html(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else if (c == '"') out += "&quot;";
        else out += c;
    }
    return out;
}

std::string file_uri(const std::string& path) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
    std::string uri = "file://";
    for (const char c : path) {
        char escaped[4];
        std::snprintf(escaped, sizeof escaped, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
        uri += plain.find(c) != std::string_view::npos ? std::string(1, c) : escaped;
    }
    return uri;
}

}  // namespace

void write_contact_sheet(const std::filesystem::path& page, const std::string& query, const sextant::SearchResult& result) {
    std::ostringstream out;
    out << page_begin << "\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" << escape_html(query) << "</title>\n<style>\n"
        << "body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem; color: #222; background: #fff; }\n"
        << "ol { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style-position: inside; }\n"
        << "li { width: 180px; border: 1px solid #ddd; border-radius: 6px; padding: .6rem; overflow-wrap: anywhere; }\n"
        << "img { display: block; width: 100%; height: 160px; object-fit: contain; }\nsmall { color: #666; }\n</style></head><body>\n"
        << "<h1>" << escape_html(query) << "</h1>\n<ol>\n";
    for (const auto& hit : result) {
        char score[32];
        std::snprintf(score, sizeof score, "%.4f", static_cast<double>(hit.score));
        out << "<li><img src=\"" << escape_html(file_uri(source_of(hit))) << "\" alt=\"" << escape_html(hit.id) << "\">" << escape_html(hit.id)
            << "<br><small>" << to_string(result.score_type) << ' ' << score << "</small></li>\n";
    }
    out << "</ol>\n</body></html>\n";
    write_file(page, page_begin, out.str());
}

}  // namespace cli
