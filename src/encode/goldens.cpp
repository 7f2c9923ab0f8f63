#include "encode/goldens.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include <sextant/kernels/similarity.hpp>
#include <sextant/media/image.hpp>

namespace sextant::encode_detail {
namespace {

constexpr double pixel_tolerance = 1e-6;
constexpr double score_tolerance = 1e-4, weight_tolerance = 1e-4;  // of weights over 1 relative to them

/// How far a vector may be from the reference's.
struct Tolerance {
    double direction;  ///< 1 - cosine
    double length;     ///< relative
};

Tolerance tolerance_of(Precision precision) {
    switch (precision) {
        case Precision::float32: return {1e-5, 1e-4};
        case Precision::bfloat16: return {1e-2, 5e-2};
        case Precision::int8: return {1e-1, 2e-1};
    }
    return {};
}

std::string quoted(const std::string& text) {
    std::size_t end = std::min<std::size_t>(text.size(), 40);
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
    return "\"" + text.substr(0, end) + (end < text.size() ? "..." : "") + "\"";
}

std::string name_of(const Golden& golden) { return golden.file.empty() ? quoted(golden.text) : golden.file; }

Role role_of(const Pipeline& pipeline, const Golden& golden) {
    return golden.query || pipeline.manifest().kind == BundleKind::cross_encoder ? Role::query : Role::document;
}

Encoding tokens_of(const Pipeline& pipeline, const Golden& golden) {
    if (golden.document) return pipeline.text(Role::document).encode_pair(golden.text, *golden.document, pipeline.manifest().pair);
    const auto role = role_of(pipeline, golden);
    return pipeline.text(role).encode(golden.text, pipeline.prompt(role));
}

Image picture_of(const Pipeline& pipeline, const Golden& golden) { return decode_image(pipeline.bundle().read(golden.file), golden.file); }

/// A golden as its network, of this name, is fed.
Prepared prepare(const Pipeline& pipeline, const std::string& network, const Golden& golden) {
    Prepared prepared;
    if (!golden.file.empty()) prepared = pipeline.prepare(picture_of(pipeline, golden));
    if (network != "image") prepared.tokens = tokens_of(pipeline, golden);
    return prepared;
}

std::string exceeds(const Golden& golden, const std::string& what, double seen, double allowed) {
    std::ostringstream text;
    text << name_of(golden) << ": " << what << " differs from the reference's by " << seen << "; allowed is " << allowed;
    return text.str();
}

/// Compares vectors one by one and keeps account.
class Comparison {
public:
    Comparison(Precision precision, Drift& drift) : precision_(precision), allowed_(tolerance_of(precision)), drift_(drift) {}

    [[nodiscard]] std::string compare(const Golden& golden, const std::string& what, std::span<const float> seen, std::span<const float> expected) {
        if (seen.size() != expected.size())
            return name_of(golden) + ": " + what + " has " + std::to_string(seen.size()) + " dimensions, the reference's has " + std::to_string(expected.size());
        const double norm = kernels::norm(expected), seen_norm = kernels::norm(seen);
        if (norm == 0 && seen_norm == 0) return {};
        const double longer = std::abs(seen_norm / norm - 1);
        if (!(longer <= allowed_.length)) return exceeds(golden, what + "'s length, relative to it,", longer, allowed_.length);
        const double difference = 1 - kernels::dot(seen, expected) / (seen_norm * norm);
        drift_.worst = std::max(drift_.worst, difference);
        drift_.mean += (difference - drift_.mean) / static_cast<double>(++drift_.vectors);
        if (!(difference <= allowed_.direction)) return exceeds(golden, what + "'s direction (1 - cosine)", difference, allowed_.direction);
        return {};
    }

    /// As vectors over all ids that either has; and, in full precision, each weight.
    [[nodiscard]] std::string compare(const Golden& golden, const SparseVector& seen) {
        auto ids = golden.sparse;
        for (const auto id : seen.ids) ids.emplace(id, 0.0F);
        std::vector<float> expected, found;
        for (const auto& [id, weight] : ids) {
            const auto at = std::ranges::lower_bound(seen.ids, id);
            expected.push_back(weight);
            found.push_back(at != seen.ids.end() && *at == id ? seen.weights[static_cast<std::size_t>(at - seen.ids.begin())] : 0.0F);
        }
        if (auto wrong = compare(golden, "the sparse vector", found, expected); !wrong.empty() || precision_ != Precision::float32) return wrong;
        for (std::size_t i = 0; i < found.size(); ++i) {
            const double apart = std::abs(static_cast<double>(found[i]) - expected[i]);
            if (!(apart <= weight_tolerance * std::max(1.0, std::abs(static_cast<double>(expected[i]))))) return exceeds(golden, "a sparse weight", apart, weight_tolerance);
        }
        return {};
    }

    [[nodiscard]] std::string compare(const Golden& golden, const Matrix& seen) {
        if (static_cast<std::size_t>(seen.rows()) != golden.multi.size())
            return name_of(golden) + ": " + std::to_string(seen.rows()) + " vectors, the reference has " + std::to_string(golden.multi.size());
        for (std::size_t i = 0; i < golden.multi.size(); ++i) {
            const std::span<const float> row(seen.row(static_cast<Eigen::Index>(i)).data(), static_cast<std::size_t>(seen.cols()));
            if (auto wrong = compare(golden, "vector " + std::to_string(i), row, golden.multi[i]); !wrong.empty()) return wrong;
        }
        return {};
    }

    [[nodiscard]] std::string compare(const Golden& golden, const Vectors& seen, Output output) {
        switch (output) {
            case Output::dense: return compare(golden, "the vector", seen.dense, golden.vector);
            case Output::sparse: return compare(golden, seen.sparse);
            case Output::multi: return compare(golden, seen.multi);
        }
        return {};
    }

private:
    Precision precision_;
    Tolerance allowed_;
    Drift& drift_;
};

std::string check_scores(const Pipeline& pipeline, std::span<const Golden> goldens, Drift& drift) {
    for (const auto& golden : goldens) {
        const auto prepared = prepare(pipeline, "pair", golden);
        const double difference = std::abs(static_cast<double>(pipeline.scores(std::array{&prepared})[0]) - golden.score);
        drift.worst = std::max(drift.worst, difference);
        ++drift.vectors;
        if (!(difference <= score_tolerance)) return exceeds(golden, "the score", difference, score_tolerance);
    }
    return {};
}

/// Texts of one role as one batch, so that padding is proved too; pictures, and texts that know how far they are padded,
/// one after the other.
std::string check_vectors(const Pipeline& pipeline, const std::string& network, std::span<const Golden> goldens, Comparison& comparison) {
    const auto& outputs = pipeline.manifest().networks.at(network).outputs;
    const auto role = role_of(pipeline, goldens.front());
    std::vector<Prepared> prepared;
    for (const auto& golden : goldens) prepared.push_back(prepare(pipeline, network, golden));
    std::vector<const Prepared*> rows;
    for (const auto& row : prepared) rows.push_back(&row);
    const bool together = goldens.front().file.empty() && pipeline.hides_padding(network, role);
    for (std::size_t at = 0; at < rows.size();) {
        const auto batch = std::span(rows).subspan(at, together ? rows.size() : 1);
        for (const auto& vectors : pipeline.vectors(network, role, batch, outputs)) {
            for (const auto output : outputs)
                if (auto wrong = comparison.compare(goldens[at], vectors, output); !wrong.empty()) return wrong;
            ++at;
        }
    }
    return {};
}

/// The goldens that a network of this name answers for, those of each role together.
std::vector<std::vector<Golden>> goldens_of(const Manifest& manifest, const std::string& network, const Goldens& goldens) {
    const auto& list = network == "pair" ? goldens.pair : network == "image" ? goldens.image : network == "text_image" ? goldens.text_image : goldens.text;
    std::vector<std::vector<Golden>> by_role(2);
    for (const auto& golden : list) {
        const bool text = &list == &goldens.text;
        if (text && manifest.network_for(Modality::text, golden.query ? Role::query : Role::document) != network) continue;
        by_role[golden.query ? 1 : 0].push_back(golden);
    }
    std::erase_if(by_role, [](const auto& role) { return role.empty(); });
    return by_role;
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
        const auto prepared = pipeline.prepare(picture_of(pipeline, golden));
        const auto pixels = std::ranges::find(prepared.picture, "pixel_values", &NamedTensor::name)->tensor.floats();
        if (pixels.size() != golden.pixels.size())
            return golden.file + ": " + std::to_string(pixels.size()) + " values, the reference has " + std::to_string(golden.pixels.size());
        double largest = 0;
        for (std::size_t i = 0; i < golden.pixels.size(); ++i) largest = std::max(largest, std::abs(static_cast<double>(pixels[i]) - golden.pixels[i]));
        worst = std::max(worst, largest);
        if (!(largest <= pixel_tolerance)) return exceeds(golden, "a pixel value", largest, pixel_tolerance);
    }
    return {};
}

std::string check_networks(const Pipeline& pipeline, const Goldens& goldens, Precision precision, Drift& drift) {
    Comparison comparison(precision, drift);
    for (const auto& [name, spec] : pipeline.manifest().networks) {
        if (std::ranges::any_of(spec.inputs, [&](const auto& input) { return pipeline.is_own(input); })) continue;
        const auto by_role = goldens_of(pipeline.manifest(), name, goldens);
        if (by_role.empty()) return "there is no golden for network " + name;
        for (const auto& list : by_role) {
            const auto wrong = name == "pair" ? check_scores(pipeline, list, drift) : check_vectors(pipeline, name, list, comparison);
            if (!wrong.empty()) return "network " + name + ": " + wrong;
        }
    }
    return {};
}

Drift self_test(const Pipeline& pipeline, Precision precision) {
    Drift drift;
    constexpr auto all = std::numeric_limits<std::size_t>::max();
    const auto wrong = check_networks(pipeline, pipeline.bundle().goldens(precision == Precision::float32 ? 1 : all), precision, drift);
    if (wrong.empty()) return drift;
    throw Error(ErrorCode::model, pipeline.bundle().folder().string() + " fails its self-test: " + wrong +
                                      (precision == Precision::float32 ? ". Run 'sextant verify' for the first stage that differs"
                                                                       : ". Open it with Precision::float32: " + std::string(to_string(precision)) + " is not precise enough for it"));
}

}  // namespace sextant::encode_detail
