#include "index/coarse_scan.hpp"

#include <bit>
#include <cmath>

#include "index/bits.hpp"
#include "index/in_threads.hpp"

namespace sextant::index {
namespace {

using kernels::block_rows;
constexpr std::size_t blocks_per_job = 64, rows_per_job = 64;

}  // namespace

void CoarseScan::run() {
    share_out(queries_.size(), wanted_.threads, [this](std::size_t q, std::size_t threads) { answer(queries_[q], threads); });
}

void CoarseScan::answer(Asked& asked, std::size_t threads) {
    const Wanted listed{.k = coarse_.shortlist};
    BestRows shortlist(listed);
    std::vector<std::uint64_t> signs(words_for(coarse_.dimensions));
    set_signs(asked.vector.first(coarse_.dimensions), signs.data());
    share_out_stretches(rows_.blocks(), blocks_per_job, threads, [&](std::size_t first, std::size_t last) {
        float scores[block_rows];
        for (std::size_t b = first; b < last; ++b) {
            const auto rows = wanted_.among(rows_.live()[b], b);
            if (rows == 0) continue;
            const Block block = rows_.block(b);
            if (coarse_.signs) compare_signs(block, rows, signs, scores);
            else compare_prefixes(block, rows, asked.vector, scores);
            for_each_bit(rows, [&](std::size_t i) {
                const std::size_t slot = block.first + i;
                shortlist.offer(scores[i], slot, [&] { return rows_.info(slot).number; });
            });
        }
    });
    const auto best = shortlist.take();
    const Query query(rows_.layout(), asked.vector);
    share_out_stretches(best.size(), rows_per_job, threads, [&](std::size_t first, std::size_t last) {
        std::vector<float> room;
        for (const auto& one : std::span(best).subspan(first, last - first))
            asked.best.offer(query.score(vectors_.at(one.row, room), rows_.info(one.row).norm), one.row, [&] { return one.order; });
    });
}

void CoarseScan::compare_signs(const Block& block, std::uint64_t rows, std::span<const std::uint64_t> query, std::span<float> scores) const {
    const std::size_t words = words_for(rows_.layout().dimensions()), used = query.size();
    if (coarse_.dimensions == rows_.layout().dimensions() && block.nibbles != nullptr) {
        std::uint32_t differ[block_rows];
        kernels::code_kernels().hamming(block.signs, block_rows, words, query.data(), differ);
        for (std::size_t i = 0; i < block_rows; ++i) scores[i] = -static_cast<float>(differ[i]);
        return;
    }
    // Row by row: a part of the signs, or a block of which others write some rows.
    const auto last = ~std::uint64_t{0} >> (used * word_bits - coarse_.dimensions);  // the bits of the last word that count
    for_each_bit(rows, [&](std::size_t i) {
        const auto* const row = block.signs + i * words;
        int differ = std::popcount((row[used - 1] ^ query[used - 1]) & last);
        for (std::size_t w = 0; w + 1 < used; ++w) differ += std::popcount(row[w] ^ query[w]);
        scores[i] = -static_cast<float>(differ);
    });
}

void CoarseScan::compare_prefixes(const Block& block, std::uint64_t rows, std::span<const float> query, std::span<float> scores) const {
    const auto& kernels = kernels::code_kernels();
    const std::size_t size = coarse_.dimensions;
    for_each_bit(rows, [&](std::size_t i) {
        const float* const row = rows_.vector(block.first + i).data();
        double score = 0;
        switch (rows_.layout().metric()) {
            case Metric::l2:
                score = -kernels.squared_distance(row, query.data(), size);
                break;
            case Metric::dot:
                score = kernels.dot(row, query.data(), size);
                break;
            case Metric::cosine:
                if (const double square = kernels.dot(row, row, size); square > 0) score = kernels.dot(row, query.data(), size) / std::sqrt(square);
                break;
        }
        scores[i] = static_cast<float>(score);
    });
}

}  // namespace sextant::index
