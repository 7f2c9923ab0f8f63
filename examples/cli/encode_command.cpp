// sextant encode BUNDLE --text-file FILE | --images FILE... --out VECTORS.npy
#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>

#include "cli.hpp"
#include "files.hpp"

namespace cli {
namespace {

struct Options {
    std::string bundle;
    std::string text_file;
    std::vector<std::string> images;
    bool query = false;
    std::string out;
};

constexpr std::size_t items_at_a_time = 256;

/// The vectors of a long list, and what was lost in making them.
class Vectors {
public:
    Vectors(const sextant::Encoder& encoder, bool query) : encoder_(encoder), query_(query) {}

    /// Items are encoded many at a time; `finish` encodes what is left.
    void add(sextant::Item item) {
        waiting_.push_back(std::move(item));
        if (waiting_.size() == items_at_a_time) finish();
    }

    void finish() {
        if (waiting_.empty()) return;
        const auto rows = encode();
        values_.insert(values_.end(), rows.vectors.data(), rows.vectors.data() + rows.vectors.size());
        cut_ += static_cast<std::size_t>(std::count_if(rows.info.begin(), rows.info.end(), [](const auto& info) { return info.truncated(); }));
        count_ += waiting_.size();
        waiting_.clear();
    }

    [[nodiscard]] const std::vector<float>& values() const { return values_; }
    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] std::size_t cut() const { return cut_; }

private:
    [[nodiscard]] sextant::Embeddings encode() const {
        try {
            return query_ ? encoder_.encode_query(waiting_) : encoder_.encode_document(waiting_);
        } catch (const sextant::Error& error) {
            if (count_ == 0) throw;
            throw sextant::Error(error.code(), "after the first " + std::to_string(count_) + ": " + error.what());
        }
    }

    const sextant::Encoder& encoder_;
    bool query_;
    std::vector<sextant::Item> waiting_;
    std::vector<float> values_;
    std::size_t count_ = 0, cut_ = 0;
};

void add_lines(const std::string& file, Vectors& vectors) {
    std::ifstream stream;
    if (file != "-") stream.open(file, std::ios::binary);
    std::istream& lines = file == "-" ? std::cin : stream;
    if (!lines) throw sextant::Error(sextant::ErrorCode::not_found, "cannot read " + file + ": give a file of texts, one in each line, or - for standard input");
    for (std::string line; std::getline(lines, line);) vectors.add(sextant::Text{line});
    if (lines.bad()) throw sextant::Error(sextant::ErrorCode::io, "cannot read " + file + " to its end");
}

int run(const Options& options) {
    const auto encoder = sextant::Encoder::open(options.bundle);
    Vectors vectors(encoder, options.query);
    if (!options.text_file.empty()) add_lines(options.text_file, vectors);
    for (const auto& file : options.images) vectors.add(sextant::read_image(file));
    vectors.finish();
    const auto count = static_cast<std::int64_t>(vectors.count()), dimensions = static_cast<std::int64_t>(encoder.dimensions());
    write_npy(options.out, {count, dimensions}, vectors.values());
    std::cout << options.out << ": float32 " << sextant::Tensor::describe({count, dimensions}) << '\n';
    if (vectors.cut() > 0) std::cout << vectors.cut() << " texts were longer than the model reads, and cut\n";
    return success;
}

}  // namespace

void add_encode_command(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("encode", "Write the vectors of texts or pictures, for numpy.load.");
    command->add_option("bundle", options->bundle, "Folder of a model")->required();
    auto* what = command->add_option_group("what");
    what->add_option("--text-file", options->text_file, "File of texts, one in each line; - is standard input");
    what->add_option("--images", options->images, "Pictures");
    what->require_option(1);
    command->add_flag("--query", options->query, "Encode as queries, not as documents");
    command->add_option("--out", options->out, "Array file to write: float32 [items, dimensions]")->required();
    command->callback([options, &status] { status = run(*options); });
}

}  // namespace cli
