// sextant encode BUNDLE --text-file FILE | --images FILE... --out VECTORS.npy
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>

#include "cli.hpp"
#include "files.hpp"
#include "lines.hpp"

namespace cli {
namespace {

const std::map<std::string, sextant::Precision> precisions{
    {"float32", sextant::Precision::float32}, {"bfloat16", sextant::Precision::bfloat16}, {"int8", sextant::Precision::int8}};

const std::map<std::string, sextant::LongText> policies{{"cut", sextant::LongText::as_trained},
                                                         {"head", sextant::LongText::keep_head},
                                                         {"tail", sextant::LongText::keep_tail},
                                                         {"refuse", sextant::LongText::refuse}};

struct Options {
    std::string bundle;
    std::string text_file;
    std::vector<std::string> images;
    bool query = false;
    std::string precision = "float32", long_text = "cut";
    std::string out;
};

using Source = std::function<std::optional<sextant::Item>()>;

Source lines_of(const std::string& file) {
    return [lines = std::make_shared<Lines>(file)]() -> std::optional<sextant::Item> {
        auto line = lines->next();
        if (!line) return std::nullopt;
        return sextant::Text{*std::move(line)};
    };
}

Source pictures_of(const std::vector<std::string>& files) {
    return [&files, next = std::size_t{0}]() mutable -> std::optional<sextant::Item> {
        if (next == files.size()) return std::nullopt;
        return sextant::read_image(files[next++]);
    };
}

void check_dense(const sextant::Encoder& encoder) {
    if (encoder.supports(sextant::Output::dense)) return;
    std::string forms;
    for (const auto output : {sextant::Output::sparse, sextant::Output::multi})
        if (encoder.supports(output)) forms += (forms.empty() ? "" : " and ") + std::string(to_string(output));
    throw sextant::Error(sextant::ErrorCode::unsupported, encoder.manifest().name + " gives " + forms + " vectors, and no dense ones, which are what this command writes: " +
                                                              "in C++ Encoder::encode with EncodeOptions::outputs gives them");
}

int run(const Options& options) {
    NpyRows out(options.out);
    const auto encoder = sextant::Encoder::open(options.bundle, {.precision = precisions.at(options.precision)});
    check_dense(encoder);
    std::size_t cut = 0;
    const auto keep = [&](sextant::Encoded&& part) {
        const auto& rows = part.dense;
        out.add({rows.vectors.data(), static_cast<std::size_t>(rows.vectors.size())});
        cut += static_cast<std::size_t>(std::ranges::count_if(rows.info, [](const auto& info) { return info.truncated(); }));
        return true;
    };
    const auto source = options.text_file.empty() ? pictures_of(options.images) : lines_of(options.text_file);
    const sextant::EncodeOptions encode{.role = options.query ? sextant::Role::query : sextant::Role::document, .long_text = policies.at(options.long_text)};
    const auto count = sextant::encode_stream(encoder, source, keep, {.encode = encode, .items = 256});
    const sextant::Tensor::Shape shape{static_cast<std::int64_t>(count), static_cast<std::int64_t>(encoder.dimensions())};
    out.keep(shape);
    std::cout << options.out << ": float32 " << sextant::Tensor::describe(shape) << '\n';
    if (options.precision != "float32")
        std::cout << "computed in " << options.precision << "; over " << encoder.drift().vectors << " goldens the cosine to the reference is "
                  << 1 - encoder.drift().worst << " at least\n";
    if (cut > 0) std::cout << cut << " texts were longer than the model reads, and cut\n";
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
    command->add_option("--precision", options->precision, "Numbers in which networks compute; what lower ones lose is measured and said")
        ->check(CLI::IsMember(precisions));
    command->add_option("--long-text", options->long_text, "What becomes of texts that are longer than the model reads: cut as it was trained, their head or tail kept, or an error")
        ->check(CLI::IsMember(policies))
        ->capture_default_str();
    command->add_option("--out", options->out, "Array file to write: float32 [items, dimensions]")->required();
    command->callback([options, &status] { status = run(*options); });
}

}  // namespace cli
