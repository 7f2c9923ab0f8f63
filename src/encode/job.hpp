// One call of Encoder::encode.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <sextant/core/item.hpp>
#include <sextant/encode/options.hpp>

#include "encode/assembly.hpp"
#include "encode/batches.hpp"
#include "encode/pipeline.hpp"
#include "encode/workers.hpp"

namespace sextant::encode_detail {

class Job {
public:
    /// `dimensions` are kept of each dense vector. What is given must outlive the job.
    Job(const Pipeline& pipeline, Workers& workers, const EncoderOptions& encoder, std::size_t dimensions,
        std::span<const Item> items, const EncodeOptions& options);

    /// Throws what `Encoder::encode` throws. Once.
    [[nodiscard]] Encoded run();

private:
    /// What goes through a network as one: an item, a chunk of its text, or several neighbouring chunks.
    struct Unit {
        std::size_t item;
        std::string network;
        ByteSpan span = {};                ///< of the item's text
        std::vector<ByteSpan> chunks = {};  ///< of the item's text, a row each; empty: the unit is one row
        std::size_t first_row = 0;
        Prepared prepared = {};             ///< of texts, ahead of time
    };

    /// The item's own number, over all parts of a stream.
    [[nodiscard]] std::size_t number_of(std::size_t item) const { return options_.first_item + item; }
    template <class Action>
    auto for_item(std::size_t item, Action&& action) const {
        return for_row("item", number_of(item), number_of(items_.size()), std::forward<Action>(action));
    }
    [[nodiscard]] std::string network_of(std::size_t item) const;
    [[nodiscard]] std::size_t chunk_length(const TextPreprocessor& preprocessor, std::size_t added) const;
    void find_units();
    void cut_text(std::size_t item, const std::string& network);
    void prepare_texts();
    [[nodiscard]] Prepared prepare(const Unit& unit) const;
    void check_length(const Prepared& prepared) const;
    [[nodiscard]] std::vector<Batch> plan() const;
    [[nodiscard]] BatchLimits limits(const std::string& network) const;
    void run_batch(const Batch& batch, std::size_t threads);
    [[nodiscard]] std::vector<Batch> alike(const Batch& batch, std::span<const Prepared* const> prepared) const;
    void run_alike(std::span<const std::size_t> units, std::span<const Prepared* const> prepared, std::size_t threads);
    void run_late(const Unit& unit, std::size_t threads);
    void run_alone(const Unit& unit, std::size_t chunk, std::size_t threads);
    void put(std::size_t row, Vectors vectors, const Unit& unit, ByteSpan span, EmbeddingInfo info);
    void report(const Batch& batch);

    const Pipeline& pipeline_;
    Workers& workers_;
    const EncoderOptions& encoder_;
    std::size_t dimensions_;
    std::span<const Item> items_;
    const EncodeOptions& options_;
    std::optional<Truncation::Side> side_;
    std::vector<Unit> units_;
    std::optional<Assembly> assembly_;
    std::mutex progress_;
    std::size_t rows_done_ = 0;
};

}  // namespace sextant::encode_detail
