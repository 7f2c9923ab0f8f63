// Compares what a pipeline makes of the goldens with what the reference made of them.
#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include <sextant/kernels/similarity.hpp>
#include <sextant/media/image.hpp>

#include "encode/pipeline.hpp"

namespace sextant::encode_detail {
namespace {

constexpr double pixel_tolerance = 1e-6;
constexpr double vector_tolerance = 1e-5;  // 1 - cosine
constexpr double norm_tolerance = 1e-4;
constexpr double score_tolerance = 1e-4;

std::string quoted(const std::string& text) {
    std::size_t end = std::min<std::size_t>(text.size(), 40);
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
    return "\"" + text.substr(0, end) + (end < text.size() ? "..." : "") + "\"";
}

std::string name_of(const Golden& golden) { return golden.file.empty() ? quoted(golden.text) : golden.file; }

Encoding tokens_of(const Pipeline& pipeline, const Golden& golden) {
    if (golden.document) return pipeline.text().encode_pair(golden.text, *golden.document, pipeline.manifest().pair);
    const auto& spec = pipeline.text().spec();
    const bool pair = pipeline.manifest().kind == BundleKind::cross_encoder;
    return pipeline.text().encode(golden.text, pair ? spec.query_prompt : spec.document_prompt);
}

Image picture_of(const Pipeline& pipeline, const Golden& golden) {
    return decode_image(pipeline.bundle().read(golden.file), golden.file);
}

/// All texts as one batch, so that padding is proved too.
Matrix text_vectors(const Pipeline& pipeline, std::span<const Golden> goldens) {
    std::vector<Encoding> encodings;
    for (const auto& golden : goldens) encodings.push_back(tokens_of(pipeline, golden));
    return pipeline.vectors("text", named(pipeline.text().batch(encodings)));
}

/// One picture after the other: pictures need no padding, and goldens may be many.
Matrix image_vectors(const Pipeline& pipeline, std::span<const Golden> goldens) {
    Matrix rows(static_cast<Eigen::Index>(goldens.size()), static_cast<Eigen::Index>(pipeline.manifest().dimensions));
    for (std::size_t i = 0; i < goldens.size(); ++i) {
        NamedTensors inputs;
        inputs.emplace("pixel_values", pipeline.stack(std::array{pipeline.image(picture_of(pipeline, goldens[i]))}));
        rows.row(static_cast<Eigen::Index>(i)) = pipeline.vectors("image", inputs).row(0);
    }
    return rows;
}

std::string exceeds(const Golden& golden, const char* what, double seen, double allowed) {
    std::ostringstream text;
    text << name_of(golden) << ": " << what << " differs from the reference's by " << seen << "; allowed is " << allowed;
    return text.str();
}

}  // namespace

std::string check_tokens(const Pipeline& pipeline, std::span<const Golden> goldens) {
    for (const auto& golden : goldens) {
        const auto ids = tokens_of(pipeline, golden).ids;
        if (ids == golden.input_ids) continue;
        const auto at = std::mismatch(ids.begin(), ids.end(), golden.input_ids.begin(), golden.input_ids.end()).first - ids.begin();
        const auto show = [at](const std::vector<std::int64_t>& list) {
            return at < static_cast<std::ptrdiff_t>(list.size()) ? std::to_string(list[static_cast<std::size_t>(at)]) : std::string("the end");
        };
        return quoted(golden.text) + ": token " + std::to_string(at) + " is " + show(ids) + ", the reference's is " + show(golden.input_ids);
    }
    return {};
}

std::string check_pixels(const Pipeline& pipeline, std::span<const Golden> goldens, double& worst) {
    for (const auto& golden : goldens) {
        const Tensor pixels = pipeline.image(picture_of(pipeline, golden));
        if (pixels.floats().size() != golden.pixels.size())
            return golden.file + ": " + std::to_string(pixels.floats().size()) + " values, the reference has " + std::to_string(golden.pixels.size());
        double largest = 0;
        for (std::size_t i = 0; i < golden.pixels.size(); ++i)
            largest = std::max(largest, std::abs(static_cast<double>(pixels.floats()[i]) - golden.pixels[i]));
        worst = std::max(worst, largest);
        if (!(largest <= pixel_tolerance)) return exceeds(golden, "a pixel value", largest, pixel_tolerance);
    }
    return {};
}

std::string check_vectors(const Pipeline& pipeline, const std::string& network, std::span<const Golden> goldens, double& worst) {
    const Matrix rows = network == "text" ? text_vectors(pipeline, goldens) : image_vectors(pipeline, goldens);
    for (std::size_t i = 0; i < goldens.size(); ++i) {
        const auto& golden = goldens[i];
        const std::span<const float> seen(rows.row(static_cast<Eigen::Index>(i)).data(), static_cast<std::size_t>(rows.cols()));
        if (seen.size() != golden.vector.size())
            return name_of(golden) + ": " + std::to_string(seen.size()) + " dimensions, the reference has " + std::to_string(golden.vector.size());
        const double norm = kernels::norm(golden.vector), longer = std::abs(kernels::norm(seen) / norm - 1);
        if (!(longer <= norm_tolerance)) return exceeds(golden, "the vector's length, relative to it,", longer, norm_tolerance);
        const double cosine = kernels::dot(seen, golden.vector) / (kernels::norm(seen) * norm);
        worst = std::max(worst, 1 - cosine);
        if (!(1 - cosine <= vector_tolerance)) return exceeds(golden, "the vector's direction (1 - cosine)", 1 - cosine, vector_tolerance);
    }
    return {};
}

std::string check_scores(const Pipeline& pipeline, std::span<const Golden> goldens, double& worst) {
    for (const auto& golden : goldens) {
        NamedTensors inputs = named(pipeline.text().batch(std::array{tokens_of(pipeline, golden)}));
        if (pipeline.manifest().image) {
            inputs.emplace("pixel_values", pipeline.stack(std::array{pipeline.image(picture_of(pipeline, golden))}));
        }
        const double difference = std::abs(static_cast<double>(pipeline.scores(inputs, 1)[0]) - golden.score);
        worst = std::max(worst, difference);
        if (!(difference <= score_tolerance)) return exceeds(golden, "the score", difference, score_tolerance);
    }
    return {};
}

std::string check_networks(const Pipeline& pipeline, const Goldens& goldens, double& worst) {
    for (const auto& [name, spec] : pipeline.manifest().networks) {
        if (std::ranges::any_of(spec.inputs, [&](const auto& input) { return pipeline.is_own(input); })) continue;
        const auto& list = name == "text" ? goldens.text : name == "image" ? goldens.image : goldens.pair;
        if (list.empty()) return "there is no golden for network " + name;
        const auto wrong = name == "pair" ? check_scores(pipeline, list, worst) : check_vectors(pipeline, name, list, worst);
        if (!wrong.empty()) return "network " + name + ": " + wrong;
    }
    return {};
}

void self_test(const Pipeline& pipeline) {
    double worst = 0;
    const auto wrong = check_networks(pipeline, pipeline.bundle().goldens(1), worst);
    if (!wrong.empty())
        throw Error(ErrorCode::model, pipeline.bundle().folder().string() + " fails its self-test: " + wrong + ". Run 'sextant verify' for the first stage that differs");
}

}  // namespace sextant::encode_detail
