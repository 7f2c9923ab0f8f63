// sextant import-clip FILE.pt OUT --vocabulary bpe_simple_vocab_16e6.txt.gz
#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>

#include <nlohmann/json.hpp>
#include <zlib.h>

#include "cli.hpp"
#include "files.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using sextant::Error;
using sextant::ErrorCode;

struct Options {
    std::string archive, out, vocabulary, licence = "MIT";
};

void check_file(const std::string& file) {
    if (fs::is_directory(file)) throw Error(ErrorCode::invalid_argument, file + " is a folder: give the file within it");
}

std::string read_whole(const std::string& file) {
    check_file(file);
    std::ifstream stream(file, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    if (!stream) throw Error(ErrorCode::not_found, "cannot read " + file);
    return bytes;
}

/// The lines of a file, unpacked if it is packed.
std::vector<std::string> read_lines(const std::string& file) {
    constexpr std::size_t most = std::size_t{16} << 20;
    check_file(file);
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> packed(gzopen(file.c_str(), "rb"), &gzclose);
    if (!packed) throw Error(ErrorCode::not_found, "cannot read " + file);
    std::string text;
    std::array<char, 65536> part{};
    for (int count = 0; (count = gzread(packed.get(), part.data(), part.size())) != 0;) {
        if (count < 0) throw Error(ErrorCode::corrupt, file + " cannot be unpacked");
        if (text.append(part.data(), static_cast<std::size_t>(count)).size() > most) throw Error(ErrorCode::limit, file + " unpacks to more than 16 MiB");
    }
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::string utf8(unsigned code) {
    if (code < 0x80) return {static_cast<char>(code)};
    return {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
}

/// The letters that stand for the 256 bytes, in the order of their ids: first those that can be seen, as themselves, then
/// the others, as letters from U+0100 on. Source: openai/CLIP, clip/simple_tokenizer.py.
std::vector<std::string> byte_letters() {
    const auto seen = [](unsigned byte) { return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD); };
    std::vector<std::string> letters;
    for (unsigned byte = 0; byte < 256; ++byte)
        if (seen(byte)) letters.push_back(utf8(byte));
    for (unsigned next = 256; letters.size() < 256; ++next) letters.push_back(utf8(next));
    return letters;
}

/// tokenizer.json for a vocabulary of that size: 256 bytes, the same at the end of a word, what each merge makes, and the
/// tokens of beginning and end. The first line of the file is a title; it has more merges than are used.
Json tokenizer_of(const std::vector<std::string>& lines, const std::string& file, std::int64_t size) {
    constexpr const char *begin = "<|startoftext|>", *end = "<|endoftext|>";
    auto words = byte_letters();
    for (std::size_t i = 0; i < 256; ++i) words.push_back(words[i] + "</w>");
    const auto count = size - static_cast<std::int64_t>(words.size()) - 2;
    if (count < 0 || static_cast<std::int64_t>(lines.size()) < count + 1)
        throw Error(ErrorCode::invalid_argument, file + " has " + std::to_string(lines.size()) + " lines; the archive's vocabulary of " + std::to_string(size) +
                                                     " needs " + std::to_string(count + 1) + ": give bpe_simple_vocab_16e6.txt.gz of the archive's authors");
    auto merges = Json::array();
    for (std::int64_t i = 1; i <= count; ++i) {
        const auto& line = lines[static_cast<std::size_t>(i)];
        const auto space = line.find(' ');
        if (space == std::string::npos || line.find(' ', space + 1) != std::string::npos)
            throw Error(ErrorCode::corrupt, file + ", line " + std::to_string(i + 1) + ": two parts were expected, with a space between");
        merges.push_back({line.substr(0, space), line.substr(space + 1)});
        words.push_back(line.substr(0, space) + line.substr(space + 1));
    }
    for (const char* word : {begin, end}) words.emplace_back(word);
    auto vocabulary = Json::object();
    auto added = Json::array();
    for (std::size_t id = 0; id < words.size(); ++id) vocabulary[words[id]] = id;
    if (vocabulary.size() != words.size()) throw Error(ErrorCode::corrupt, file + " makes a word twice");
    const auto special = [&](const char* word) { return Json{{"SpecialToken", {{"id", word}, {"type_id", 0}}}}; };
    auto specials = Json::object();
    for (const char* word : {begin, end}) {
        added.push_back({{"id", vocabulary[word]}, {"content", word}, {"single_word", false}, {"lstrip", false}, {"rstrip", false}, {"normalized", false}, {"special", true}});
        specials[word] = {{"id", word}, {"ids", {vocabulary[word]}}, {"tokens", {word}}};
    }
    const auto sequence = [](const char* id) { return Json{{"Sequence", {{"id", id}, {"type_id", 0}}}}; };
    return {{"version", "1.0"}, {"truncation", nullptr}, {"padding", nullptr}, {"added_tokens", added}, {"normalizer", nullptr},
            {"pre_tokenizer",
             {{"type", "Sequence"},
              {"pretokenizers",
               {{{"type", "Split"},
                 {"pattern", {{"Regex", R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+)"}}},
                 {"behavior", "Removed"},
                 {"invert", true}},
                {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}}}}}},
            {"post_processor",
             {{"type", "TemplateProcessing"},
              {"single", {special(begin), sequence("A"), special(end)}},
              {"pair", {special(begin), sequence("A"), special(end), sequence("B")}},
              {"special_tokens", specials}}},
            {"decoder", nullptr},
            {"model",
             {{"type", "BPE"}, {"dropout", nullptr}, {"unk_token", nullptr}, {"continuing_subword_prefix", nullptr}, {"end_of_word_suffix", "</w>"},
              {"fuse_unk", false}, {"byte_fallback", false}, {"ignore_merges", false}, {"vocab", std::move(vocabulary)}, {"merges", std::move(merges)}}}};
}

/// As openai/CLIP, clip/clip.py has it.
Json manifest_of(const sextant::ClipArchive& clip, const Options& options) {
    const auto side = clip.image_size();
    return {{"name", fs::path(options.archive).stem().string()}, {"kind", "dual-encoder"}, {"family", "openai-clip"},
            {"source", fs::path(options.archive).filename().string()}, {"licence", options.licence}, {"dimensions", clip.dimensions()}, {"normalize", true},
            {"score", {{"metric", "cosine"}, {"logit_scale", clip.logit_scale()}, {"logit_bias", 0.0}, {"activation", "softmax"}}},
            {"text",
             {{"tokenizer", "tokenizer.json"}, {"max_length", clip.context_length()}, {"prompts", {{"query", ""}, {"document", ""}}},
              {"clean", "clip"}, {"pad_to_max_length", true}}},
            {"image",
             {{"convert", "after"},
              {"resize", {{"mode", "shortest_edge"}, {"size", side}, {"filter", "bicubic"}}},
              {"crop", {{"size", {side, side}}, {"rounding", "round_even"}}},
              {"rescale", "divide_255"},
              {"mean", {0.48145466, 0.4578275, 0.40821073}},
              {"std", {0.26862954, 0.26130258, 0.27577711}}}},
            {"networks",
             {{"text", {{"file", "text.pt"}, {"inputs", {"input_ids"}}, {"pooling", "none"}}},
              {"image", {{"file", "image.pt"}, {"inputs", {"pixel_values"}}, {"pooling", "none"}}}}},
            {"figures", Json::object()}};
}

std::vector<float> normalised(const sextant::Tensor& vectors) {
    std::vector<float> row(vectors.floats().begin(), vectors.floats().end());
    (void)sextant::kernels::normalize(row);  // a vector of zeros stays one
    return row;
}

/// What the archive's own methods make of some texts and pictures, which the bundle must make of them too.
Json goldens_of(const sextant::ClipArchive& clip, const sextant::Bundle& bundle) {
    const auto& manifest = bundle.manifest();
    const sextant::TextPreprocessor preprocess(sextant::Tokenizer::from_json(bundle.read_text("tokenizer.json")), *manifest.text);
    auto texts = Json::array(), pictures = Json::array();
    for (const std::string text : {"a red bicycle leans against the wall", "", "Caf\xC3\xA9 cr\xC3\xA8me &amp; cake,   don't!"}) {
        const std::array rows{preprocess.encode(text)};
        auto vector = normalised(clip.encode_text(preprocess.batch(std::span<const sextant::Encoding>(rows)).input_ids));
        texts.push_back({{"text", text}, {"input_ids", rows[0].ids}, {"vector", std::move(vector)}});
    }
    const sextant::StandardImageTransform transform(*manifest.image);
    fs::create_directory(bundle.folder() / "golden");
    for (const auto& [width, height] : {std::pair{61, 37}, {40, 83}, {235, 227}}) {
        sextant::Image image{width, height, {}};
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                for (const int level : {3 * y + 2 * x, 255 - 3 * y - 2 * x, (15 * y + 10 * x) ^ (x * y)}) image.pixels.push_back(static_cast<std::uint8_t>(level));
        const std::string name = "golden/" + std::to_string(pictures.size());
        write_file(bundle.folder() / (name + ".ppm"), "", "P6\n" + std::to_string(width) + " " + std::to_string(height) + "\n255\n" + std::string(image.pixels.begin(), image.pixels.end()));
        const auto pixels = transform(image);
        const auto values = pixels.floats();
        write_file(bundle.folder() / (name + ".f32"), "", {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
        const sextant::Tensor batch({1, 3, clip.image_size(), clip.image_size()}, std::vector<float>(values.begin(), values.end()));
        pictures.push_back({{"file", name + ".ppm"}, {"pixels", name + ".f32"}, {"vector", normalised(clip.encode_image(batch))}});
    }
    return {{"reference", "vectors by the archive's own encode_text and encode_image; ids and pixels by sextant"}, {"text", texts}, {"image", pictures}};
}

/// A folder that becomes OUT when it is whole, and is gone if it does not.
class Draft {
public:
    explicit Draft(const fs::path& out) : out_(out.has_filename() ? out : out.parent_path()), folder_(out_.string() + ".partial") {
        if (fs::exists(out_)) throw Error(ErrorCode::invalid_argument, out_.string() + " exists already: give the name of a new folder");
        std::error_code failed;
        const bool made = fs::create_directory(folder_, failed);
        if (failed) throw Error(ErrorCode::io, "cannot make the folder " + folder_.string() + ": " + failed.message());
        if (!made) throw Error(ErrorCode::invalid_argument, folder_.string() + " exists already, perhaps of an import that was stopped: remove it first");
    }
    ~Draft() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;

    [[nodiscard]] const fs::path& folder() const { return folder_; }
    void keep() {
        std::error_code failed;
        fs::rename(folder_, out_, failed);
        if (failed) throw Error(ErrorCode::io, "cannot rename " + folder_.string() + " to " + out_.string() + ": " + failed.message());
    }

private:
    fs::path out_, folder_;
};

int run(const Options& options) {
    const auto lines = read_lines(options.vocabulary);
    const auto bytes = read_whole(options.archive);
    Draft draft(options.out);
    const auto clip = sextant::ClipArchive::open(std::as_bytes(std::span(bytes)), options.archive);
    write_file(draft.folder() / "tokenizer.json", "", tokenizer_of(lines, options.vocabulary, clip.vocabulary_size()).dump());
    write_file(draft.folder() / "image.pt", "", clip.image_network());
    write_file(draft.folder() / "text.pt", "", clip.text_network());
    auto manifest = manifest_of(clip, options);
    const auto unproved = sextant::seal_bundle(draft.folder(), manifest.dump());
    write_file(draft.folder() / "golden.json", "", goldens_of(clip, unproved).dump(1));
    manifest["golden"] = "golden.json";
    (void)sextant::seal_bundle(draft.folder(), manifest.dump());
    const auto report = sextant::verify_bundle(draft.folder());
    if (!report.passed())
        throw Error(ErrorCode::model, "the bundle made of " + options.archive + " is not verified: " + report.stages.back().stage + ": " + report.stages.back().detail);
    draft.keep();
    std::cout << options.out << ": " << clip.dimensions() << " dimensions, pictures of " << clip.image_size() << " pixels, texts of " << clip.context_length()
              << " tokens; verified: " << report.stages.back().detail << '\n';
    return success;
}

}  // namespace

void add_import_clip_command(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("import-clip", "Make a bundle of a CLIP model as OpenAI published it. Runs the code in the file: trust it first.");
    command->add_option("archive", options->archive, "The model, a TorchScript file (ViT-B-32.pt)")->required();
    command->add_option("out", options->out, "Folder to make")->required();
    command->add_option("--vocabulary", options->vocabulary, "bpe_simple_vocab_16e6.txt.gz, which lies beside OpenAI's code")->required();
    command->add_option("--licence", options->licence, "What the manifest says of it")->capture_default_str();
    command->callback([options, &status] { status = run(*options); });
}

}  // namespace cli
