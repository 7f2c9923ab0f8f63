#include "index/exact_scan.hpp"

#include <algorithm>
#include <utility>

#include "index/bits.hpp"
#include "index/in_threads.hpp"
#include "kernels/prefetch.hpp"

namespace sextant::index {
namespace {

using kernels::block_rows;
using kernels::most_queries;

// A job is a stretch of blocks and of tiles: the components of the queries fit in a second-level cache, and every block
// is looked at with all of them while it is in the first.
constexpr std::size_t blocks_per_job = 64;
constexpr std::size_t component_bytes_per_job = 512 << 10;

/// 4-bit codes are read by the block, for all queries of a tile: they pay only where they rule out so many rows, as was measured.
std::size_t few_rows(std::size_t queries) { return std::max<std::size_t>(3, 20 / queries); }

}  // namespace

double part_of_scan(const Bits& allowed, std::size_t queries) {
    const std::size_t few = kernels::code_kernels().nibbles_pay ? few_rows(std::clamp<std::size_t>(queries, 1, most_queries)) : block_rows;
    std::size_t parts = 0;
    for (const auto rows : allowed) parts += std::min(few, static_cast<std::size_t>(std::popcount(rows)));
    return allowed.empty() ? 0 : static_cast<double>(parts) / static_cast<double>(few * allowed.size());
}

/// How often codes have been of use.
struct ExactScan::Job {
    std::size_t first_query;
    std::size_t rows;                   // looked at so far
    std::vector<std::uint32_t> scored;  // of these, for each query
    std::vector<float> room = {};       // for a vector

    /// Not if most rows are scored all the same.
    [[nodiscard]] bool codes_help(std::size_t query) const {
        return rows < 4 * block_rows || 2 * scored[query - first_query] <= rows;
    }
};

/// The rows of a block that could be among the best for some queries.
struct ExactScan::Candidates {
    struct Of {
        std::size_t query;
        std::uint64_t rows;
    };
    Block block;
    std::uint64_t allowed = 0;
    std::uint64_t fetched = 0;
    std::vector<Of> found;
};

void ExactScan::add(std::span<const float> vector) { queries_.emplace_back(rows_.layout(), vector, wanted_); }

void ExactScan::make_tiles() {
    constexpr std::size_t half = kernels::nibble_group / 2;
    tiles_.clear();
    for (std::size_t first = 0; first < queries_.size(); first += most_queries) {
        Tile& tile = tiles_.emplace_back();
        tile.first = first;
        tile.count = static_cast<int>(std::min<std::size_t>(most_queries, queries_.size() - first));
        for (std::size_t at = 0; at < rows_.layout().nibble_groups() * kernels::nibble_group; at += half)
            for (std::size_t q = first; q < first + static_cast<std::size_t>(tile.count); ++q) {
                const std::int8_t* four = queries_[q].query.components().data() + at;
                tile.components.insert(tile.components.end(), four, four + half);
            }
        for (int q = 0; q < tile.count; ++q)
            tile.bias[q] = kernels::nibble_offset * queries_[first + static_cast<std::size_t>(q)].query.sum();
    }
}

void ExactScan::run() {
    make_tiles();
    const std::size_t tile_bytes = rows_.layout().byte_stride() * most_queries;
    tiles_per_job_ = std::max<std::size_t>(1, component_bytes_per_job / tile_bytes);
    stretches_ = divided_up(rows_.blocks(), blocks_per_job);
    jobs_ = stretches_ * divided_up(tiles_.size(), tiles_per_job_);
    next_job_ = 0;
    in_threads(std::min(wanted_.threads, jobs_), [this] { work(); });
}

void ExactScan::work() {
    for (std::size_t job = next_job_++; job < jobs_; job = next_job_++) {
        const std::size_t tile = job / stretches_ * tiles_per_job_, block = job % stretches_ * blocks_per_job;
        do_job({tiles_.data() + tile, std::min(tiles_per_job_, tiles_.size() - tile)}, block,
               std::min(block + blocks_per_job, rows_.blocks()));
    }
}

/// While one block is looked at, the byte codes of the candidates of the one before are on their way to the cache.
void ExactScan::do_job(std::span<const Tile> tiles, std::size_t first_block, std::size_t last_block) {
    Job job{tiles.front().first, 0, std::vector<std::uint32_t>(tiles.size() * most_queries)};
    Candidates now, before;
    for (std::size_t b = first_block; b < last_block; ++b) {
        now.allowed = wanted_.among(rows_.live()[b], b);
        if (now.allowed == 0) continue;
        now.block = rows_.block(b);
        now.found.clear();
        now.fetched = 0;
        for (const Tile& tile : tiles) look_at(now, tile, job);
        finish(before, job);
        job.rows += static_cast<std::size_t>(std::popcount(now.allowed));
        std::swap(now, before);
    }
    finish(before, job);
}

void ExactScan::look_at(Candidates& candidates, const Tile& tile, const Job& job) {
    std::int32_t dots[most_queries * block_rows];
    bool have_dots = false;
    const bool nibbles_pay = kernels_.nibbles_pay && candidates.block.nibbles &&
                             static_cast<std::size_t>(std::popcount(candidates.allowed)) >= few_rows(static_cast<std::size_t>(tile.count));
    for (std::size_t i = 0; i < static_cast<std::size_t>(tile.count); ++i) {
        const std::size_t q = tile.first + i;
        std::uint64_t rows = candidates.allowed;
        if (nibbles_pay && job.codes_help(q)) {
            if (!std::exchange(have_dots, true))
                kernels_.nibble_dots(candidates.block.nibbles, rows_.layout().nibble_groups(), tile.components.data(),
                                     tile.count, tile.bias, dots);
            rows &= kernels_.select(dots + i * block_rows, candidates.block.by_nibbles, queries_[q].test_now());
        }
        if (rows == 0) continue;
        candidates.found.push_back({q, rows});
        fetch(candidates, rows);
    }
}

void ExactScan::fetch(Candidates& candidates, std::uint64_t rows) const {
    const std::size_t stride = rows_.layout().byte_stride();
    for_each_bit(rows & ~candidates.fetched, [&](std::size_t i) { kernels::prefetch(candidates.block.bytes + i * stride, stride); });
    candidates.fetched |= rows;
}

void ExactScan::finish(const Candidates& candidates, Job& job) {
    for (const auto& [q, rows] : candidates.found) {
        Asked& asked = queries_[q];
        const std::uint64_t passed = job.codes_help(q) ? pass_bytes(candidates.block, rows, asked) : rows;
        if (passed == 0) continue;
        score_all(candidates.block, passed, asked, job.room);
        job.scored[q - job.first_query] += static_cast<std::uint32_t>(std::popcount(passed));
    }
}

std::uint64_t ExactScan::pass_bytes(const Block& block, std::uint64_t rows, const Asked& asked) const {
    std::size_t numbers[block_rows] = {};
    const std::uint8_t* codes[block_rows] = {};
    std::int32_t dots[block_rows];
    int count = 0;
    for_each_bit(rows, [&](std::size_t i) {
        numbers[count] = i;
        codes[count++] = block.bytes + i * rows_.layout().byte_stride();
    });
    kernels_.byte_dots(codes, count, rows_.layout().byte_stride(), asked.query.components().data(), asked.query.byte_bias(), dots);
    const float limit = asked.test_now().limit;
    std::uint64_t passed = 0;
    for (int i = 0; i < count; ++i) {
        const std::size_t row = numbers[i];
        if (asked.query.bound(dots[i], block.by_bytes[row], block.by_nibbles.norm[row]) >= limit) passed |= std::uint64_t{1} << row;
    }
    return passed;
}

void ExactScan::score_all(const Block& block, std::uint64_t rows, Asked& asked, std::vector<float>& room) {
    rescored_.fetch_add(static_cast<std::size_t>(std::popcount(rows)), std::memory_order_relaxed);
    for_each_bit(rows, [&](std::size_t i) {
        const std::size_t slot = block.first + i;
        const auto& info = rows_.info(slot);
        asked.best.offer(asked.query.score(vectors_.at(slot, room), info.norm), slot, [&] { return info.number; });
    });
}

}  // namespace sextant::index
