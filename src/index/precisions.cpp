#include "index/precisions.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include <sextant/kernels/similarity.hpp>

#include "index/validate.hpp"

namespace sextant::index {
namespace {

using kernels::block_rows;

std::span<const float> row_of(const Eigen::Ref<const Matrix>& matrix, Eigen::Index i) {
    return {matrix.row(i).data(), static_cast<std::size_t>(matrix.cols())};
}

/// The first dimensions of all slots, of unit length if the metric is cosine.
Matrix prefixes(const Sample& sample, std::size_t dimensions) {
    Matrix result(static_cast<Eigen::Index>(sample.slot_count()), static_cast<Eigen::Index>(dimensions));
    for (std::size_t slot = 0; slot < sample.slot_count(); ++slot) {
        const Eigen::Map<const Eigen::RowVectorXf> vector(sample.rows().vector(slot).data(), static_cast<Eigen::Index>(dimensions));
        const double norm = sample.metric() == Metric::cosine ? vector.cast<double>().norm() : 1;
        result.row(static_cast<Eigen::Index>(slot)) = (vector.cast<double>() / (norm > 0 ? norm : 1)).cast<float>();
    }
    return result;
}

void score_floats(const Eigen::Ref<const Matrix>& rows, const float* query, Metric metric, float* scores) {
    const Eigen::Map<const Eigen::RowVectorXf> asked(query, rows.cols());
    Eigen::Map<Eigen::VectorXf> out(scores, rows.rows());
    if (metric == Metric::l2)
        for (Eigen::Index i = 0; i < rows.rows(); ++i) out[i] = -(rows.row(i) - asked).squaredNorm();
    else
        out.noalias() = rows * asked.transpose();
}

/// Bytes of a scale, and of a norm where that is needed.
std::size_t beside_codes(const Sample& sample) { return sample.metric() == Metric::l2 ? 2 * sizeof(float) : sizeof(float); }

/// Calls `dots_of` for each block, and turns what it gives into scores.
template <class Dots>
void score_codes(const Sample& sample, const Query& query, std::span<float> scores, Dots&& dots_of) {
    std::int32_t dots[block_rows];
    const float square = sample.metric() == Metric::l2 ? 1 : 0;
    for (std::size_t b = 0; b < sample.blocks(); ++b) {
        const Block block = sample.rows().block(b);
        const auto scale = dots_of(block, dots);
        for (std::size_t i = 0; i < block_rows; ++i) {
            const float norm = block.by_nibbles.norm[i];
            scores[block.first + i] = scale(i) * static_cast<float>(dots[i]) * query.factor() - square * norm * norm;
        }
    }
}

}  // namespace

void check_rows(const Eigen::Ref<const Matrix>& rows, Eigen::Index dimensions, Metric metric, const std::string& what) {
    Space space;
    space.dimensions = static_cast<std::size_t>(dimensions);
    space.metric = metric;
    for (Eigen::Index i = 0; i < rows.rows(); ++i) check_vector(space, row_of(rows, i), what + " " + std::to_string(i));
}

Sample::Sample(const Eigen::Ref<const Matrix>& vectors, const Eigen::Ref<const Matrix>& queries, Metric metric)
    : table_(static_cast<std::size_t>(vectors.cols()), metric), asked_(queries) {
    check_rows(vectors, vectors.cols(), metric, "vector");
    check_rows(queries, vectors.cols(), metric, "query");
    RowTable::Change change(table_);
    const auto put = [&](Eigen::Index from, Eigen::Index number) {
        const auto vector = row_of(vectors, from);
        const double norm = kernels::norm(vector);
        change.put(std::to_string(number), {.number = static_cast<std::uint64_t>(number), .norm = norm}, vector);
    };
    Eigen::Index number = 0;
    for (; number < vectors.rows(); ++number) put(number, number);
    for (; number % static_cast<Eigen::Index>(block_rows) != 0; ++number) put(0, number);
    change.prepare();
    change.make_room();
    change.publish();
    slots_.resize(static_cast<std::size_t>(number) / word_bits);
    for (std::size_t slot = 0; slot < slot_count(); ++slot) set_bit(slots_, slot, rows().info(slot).number < static_cast<std::uint64_t>(vectors.rows()));
    for (Eigen::Index q = 0; q < queries.rows(); ++q) queries_.emplace_back(rows().layout(), row_of(asked_, q));
}

std::span<const float> Sample::query(std::size_t q) const { return row_of(asked_, static_cast<Eigen::Index>(q)); }

Scanned as_floats(const Sample& sample, std::size_t dimensions, std::string name) {
    const auto rows = std::make_shared<const Matrix>(prefixes(sample, dimensions));
    return {std::move(name), dimensions * sizeof(float), [&sample, rows](std::size_t q, std::span<float> scores) {
                score_floats(*rows, sample.query(q).data(), sample.metric(), scores.data());
            }};
}

Scanned as_bfloat16(const Sample& sample) {
    const std::size_t dimensions = sample.dimensions();
    const auto floats = prefixes(sample, dimensions);
    const auto rows = std::make_shared<std::vector<std::uint16_t>>();
    rows->reserve(static_cast<std::size_t>(floats.size()));
    for (Eigen::Index i = 0; i < floats.size(); ++i) rows->push_back(Eigen::bfloat16(floats.data()[i]).value);
    // 2 <x, y> less |x|^2 orders as the distance does.
    const bool l2 = sample.metric() == Metric::l2;
    const auto squares = std::make_shared<Eigen::VectorXf>(l2 ? floats.cast<Eigen::bfloat16>().cast<float>().rowwise().squaredNorm() : Eigen::VectorXf());
    return {"bfloat16", dimensions * sizeof(std::uint16_t) + (l2 ? sizeof(float) : 0), [&sample, rows, squares, dimensions, l2](std::size_t q, std::span<float> scores) {
                kernels::code_kernels().bfloat16_dots(rows->data(), sample.slot_count(), dimensions, sample.query(q).data(), scores.data());
                if (l2) Eigen::Map<Eigen::VectorXf>(scores.data(), squares->size()) = 2 * Eigen::Map<Eigen::VectorXf>(scores.data(), squares->size()) - *squares;
            }};
}

Scanned as_bytes(const Sample& sample) {
    const std::size_t stride = sample.rows().layout().byte_stride();
    return {"int8", stride + beside_codes(sample), [&sample, stride](std::size_t q, std::span<float> scores) {
                const Query& query = sample.queries()[q];
                score_codes(sample, query, scores, [&](const Block& block, std::int32_t* dots) {
                    const std::uint8_t* codes[block_rows];
                    for (std::size_t i = 0; i < block_rows; ++i) codes[i] = block.bytes + i * stride;
                    kernels::code_kernels().byte_dots(codes, static_cast<int>(block_rows), stride, query.components().data(), query.byte_bias(), dots);
                    return [&block](std::size_t i) { return block.by_bytes[i].scale; };
                });
            }};
}

Scanned as_nibbles(const Sample& sample) {
    const std::size_t groups = sample.rows().layout().nibble_groups();
    return {"4-bit", groups * kernels::nibble_group / 2 + beside_codes(sample), [&sample, groups](std::size_t q, std::span<float> scores) {
                const Query& query = sample.queries()[q];
                const std::int32_t bias = kernels::nibble_offset * query.sum();
                score_codes(sample, query, scores, [&](const Block& block, std::int32_t* dots) {
                    kernels::code_kernels().nibble_dots(block.nibbles, groups, query.components().data(), 1, &bias, dots);
                    return [&block](std::size_t i) { return block.by_nibbles.scale[i]; };
                });
            }};
}

Scanned as_signs(const Sample& sample) {
    const std::size_t words = words_for(sample.dimensions());
    return {"binary", words * sizeof(std::uint64_t), [&sample, words](std::size_t q, std::span<float> scores) {
                std::vector<std::uint64_t> query(words);
                set_signs(sample.query(q), query.data());
                std::uint32_t differ[block_rows];
                for (std::size_t b = 0; b < sample.blocks(); ++b) {
                    kernels::code_kernels().hamming(sample.rows().block(b).signs, block_rows, words, query.data(), differ);
                    for (std::size_t i = 0; i < block_rows; ++i) scores[b * block_rows + i] = -static_cast<float>(differ[i]);
                }
            }};
}

}  // namespace sextant::index
