#include "encode/job.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <sextant/core/utf8.hpp>
#include <sextant/kernels/similarity.hpp>

#include "encode/chunks.hpp"

namespace sextant::encode_detail {

Job::Job(const Pipeline& pipeline, Workers& workers, const EncoderOptions& encoder, std::size_t dimensions,
         std::span<const Item> items, const EncodeOptions& options)
    : pipeline_(pipeline), workers_(workers), encoder_(encoder), dimensions_(dimensions), items_(items), options_(options) {
    if (options_.long_text == LongText::keep_head) side_ = Truncation::Side::right;
    if (options_.long_text == LongText::keep_tail) side_ = Truncation::Side::left;
}

std::string Job::network_of(std::size_t item) const {
    const auto& manifest = pipeline_.manifest();
    const auto modality = items_[item].modality();
    const auto refuse = [&](const std::string& what) { throw Error(ErrorCode::unsupported, "item " + std::to_string(number_of(item)) + " is of modality " + std::string(to_string(modality)) + what); };
    auto network = manifest.network_for(modality, options_.role);
    if (network.empty()) refuse(", which " + manifest.name + " has no tower for");
    for (const auto output : options_.outputs)
        if (!manifest.networks.at(network).returns(output)) refuse("; network " + network + " of " + manifest.name + " returns no " + std::string(to_string(output)) + " vectors");
    if (options_.long_text == LongText::chunk && modality == Modality::text_image)
        throw Error(ErrorCode::invalid_argument, "item " + std::to_string(number_of(item)) + " is a text with a picture, which cannot be cut into chunks: encode it with another LongText");
    const auto& fed = manifest.networks.at(network);
    if (options_.chunks.late && options_.long_text == LongText::chunk && modality == Modality::text &&
        (fed.pooling != Pooling::mean || options_.outputs != std::vector{Output::dense} || !pipeline_.text(options_.role).keeps_places()))
        refuse("; late chunks need a network whose dense output the bundle pools by mean, no other output, and texts that are tokenized as they are: cut " + manifest.name +
               "'s texts without ChunkOptions::late");
    return network;
}

void Job::find_units() {
    for (std::size_t i = 0; i < items_.size(); ++i) {
        const auto modality = items_[i].modality();
        const auto network = network_of(i);
        const bool cut = options_.long_text == LongText::chunk && modality == Modality::text;
        if (cut) for_item(i, [&] { cut_text(i, network); });
        else units_.push_back({.item = i, .network = network, .span = {0, items_[i].text() ? items_[i].text()->value.size() : 0}});
    }
    std::size_t row = 0;
    for (auto& unit : units_) {
        unit.first_row = row;
        row += std::max<std::size_t>(unit.chunks.size(), 1);
    }
    assembly_.emplace(options_.outputs, row, dimensions_, pipeline_.manifest().normalize);
}

/// The most tokens of a chunk, `added` of which are none of its text.
std::size_t Job::chunk_length(const TextPreprocessor& preprocessor, std::size_t added) const {
    const auto longest = preprocessor.spec().max_length, asked = options_.chunks.max_tokens;
    if (asked > 0 && asked <= added)
        throw Error(ErrorCode::invalid_argument, "ChunkOptions::max_tokens is " + std::to_string(asked) + ", and prompt and special tokens of " + pipeline_.manifest().name + " are " +
                                                     std::to_string(added) + " already: ask for more, or leave it at 0");
    return asked == 0 ? longest : std::min(asked, longest);
}

void Job::cut_text(std::size_t item, const std::string& network) {
    const std::string_view text = items_[item].text()->value;
    if (const auto bad = first_invalid_utf8(text))
        throw Error(ErrorCode::invalid_argument, "the text is not valid UTF-8 at byte " + std::to_string(*bad) + ": convert it to UTF-8 first");
    const auto& preprocessor = pipeline_.text(options_.role);
    const auto count = [&](std::string_view part) { return preprocessor.encode(part, pipeline_.prompt(options_.role)).tokens_total; };
    const auto chunks = cut_into_chunks(text, options_.chunks, chunk_length(preprocessor, count("")), count);
    if (!options_.chunks.late) {
        for (const auto& chunk : chunks) units_.push_back({.item = item, .network = network, .span = chunk});
        return;
    }
    Unit unit{.item = item, .network = network, .span = chunks.front()};
    for (const auto& chunk : chunks) {
        const auto begin = unit.span.begin;
        if (!unit.chunks.empty() && count(text.substr(begin, chunk.end - begin)) > preprocessor.spec().max_length) units_.push_back(std::exchange(unit, {.item = item, .network = network, .span = chunk}));
        unit.span.end = chunk.end;
        unit.chunks.push_back(chunk);
    }
    units_.push_back(std::move(unit));
}

Prepared Job::prepare(const Unit& unit) const {
    return for_item(unit.item, [&] {
        const auto& item = items_[unit.item];
        if (item.modality() == Modality::text) {
            const auto text = std::string_view(item.text()->value).substr(unit.span.begin, unit.span.end - unit.span.begin);
            auto prepared = pipeline_.prepare(text, options_.role, side_);
            check_length(prepared);
            return prepared;
        }
        auto prepared = pipeline_.prepare(item, options_.role, side_);
        check_length(prepared);
        return prepared;
    });
}

void Job::check_length(const Prepared& prepared) const {
    if (options_.long_text != LongText::refuse || !prepared.tokens || !prepared.info.truncated()) return;
    throw Error(ErrorCode::limit, "the text has " + std::to_string(prepared.info.tokens_total) + " tokens; " + pipeline_.manifest().name + " reads " +
                                      std::to_string(prepared.info.tokens_used) + (prepared.picture.empty() ? ": cut it into chunks, or keep its head or tail" : ": keep its head or tail"));
}

void Job::prepare_texts() {
    constexpr std::size_t at_a_time = 64;
    workers_.run((units_.size() + at_a_time - 1) / at_a_time, [&](std::size_t block) {
        for (auto i = block * at_a_time; i < std::min((block + 1) * at_a_time, units_.size()); ++i)
            if (items_[units_[i].item].modality() == Modality::text) units_[i].prepared = prepare(units_[i]);
    });
}

BatchLimits Job::limits(const std::string& network) const {
    BatchLimits limits{.items = encoder_.deterministic ? 1 : encoder_.batch_size, .tokens = encoder_.batch_tokens};
    if (!pipeline_.manifest().text) return limits;
    limits.equal_lengths = !pipeline_.hides_padding(network, options_.role);
    limits.longest = pipeline_.text(options_.role).spec().max_length;
    return limits;
}

std::vector<Batch> Job::plan() const {
    std::map<std::string, Batch> by_network;
    std::vector<Batch> batches;
    for (std::size_t i = 0; i < units_.size(); ++i) {
        if (units_[i].chunks.empty()) by_network[units_[i].network].push_back(i);
        else batches.push_back({i});
    }
    for (const auto& [network, units] : by_network) {
        std::vector<std::size_t> lengths;
        for (const auto unit : units) lengths.push_back(units_[unit].prepared.info.tokens_used);
        for (auto& batch : plan_batches(lengths, limits(network))) {
            for (auto& unit : batch) unit = units[unit];
            batches.push_back(std::move(batch));
        }
    }
    return batches;
}

void Job::run_batch(const Batch& batch, std::size_t threads) {
    if (!units_[batch.front()].chunks.empty()) {
        run_late(units_[batch.front()], threads);
        return;
    }
    std::vector<Prepared> pictures;
    pictures.reserve(batch.size());
    std::vector<const Prepared*> prepared;
    for (const auto unit : batch) {
        const bool text = items_[units_[unit].item].modality() == Modality::text;
        prepared.push_back(text ? &units_[unit].prepared : &pictures.emplace_back(prepare(units_[unit])));
    }
    for (const auto& group : alike(batch, prepared)) {
        Batch units;
        std::vector<const Prepared*> members;
        for (const auto i : group) {
            units.push_back(batch[i]);
            members.push_back(prepared[i]);
        }
        run_alike(units, members, threads);
    }
}

/// The positions within a batch of those that may lie in one tensor.
std::vector<Batch> Job::alike(const Batch& batch, std::span<const Prepared* const> prepared) const {
    const auto& network = units_[batch.front()].network;
    const bool any_length = !prepared.front()->tokens || pipeline_.hides_padding(network, options_.role);
    const auto go_together = [&](std::size_t a, std::size_t b) {
        return same_shape(*prepared[a], *prepared[b]) && (any_length || prepared[a]->info.tokens_used == prepared[b]->info.tokens_used);
    };
    std::vector<Batch> groups;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto group = std::ranges::find_if(groups, [&](const Batch& one) { return go_together(one.front(), i); });
        if (group == groups.end()) groups.push_back({i});
        else group->push_back(i);
    }
    return groups;
}

void Job::run_alike(std::span<const std::size_t> units, std::span<const Prepared* const> prepared, std::size_t threads) {
    const auto& network = units_[units.front()].network;
    RunOptions options{.threads = threads};
    if (prepared.front()->tokens && pipeline_.hides_padding(network, options_.role)) {
        std::size_t longest = 0;
        for (const auto* one : prepared) longest = std::max(longest, one->info.tokens_used);
        options.width = rounded_length(longest, pipeline_.text(options_.role).spec().max_length);
    }
    auto vectors = pipeline_.vectors(network, options_.role, prepared, options_.outputs, options);
    for (std::size_t i = 0; i < units.size(); ++i) {
        const auto& unit = units_[units[i]];
        put(unit.first_row, std::move(vectors[i]), unit, unit.span, prepared[i]->info);
    }
}

/// The mean of the vectors of the tokens that begin within each chunk, as the bundle's own pooling takes it over all. What
/// no token stands for, such as an empty text, is encoded alone.
void Job::run_late(const Unit& unit, std::size_t threads) {
    const auto& text = pipeline_.text(options_.role);
    const auto& encoding = *unit.prepared.tokens;
    const auto tokens = pipeline_.token_vectors(unit.network, options_.role, unit.prepared, {.threads = threads});
    const auto padding = text.spec().padding_side == Padding::Side::left ? static_cast<std::size_t>(tokens.rows()) - encoding.ids.size() : 0;
    const auto before = pipeline_.prompt(options_.role).size();
    for (std::size_t i = 0; i < unit.chunks.size(); ++i) {
        const auto& chunk = unit.chunks[i];
        Eigen::RowVectorXf sum = Eigen::RowVectorXf::Zero(tokens.cols());
        EmbeddingInfo info;
        for (std::size_t t = 0; t < encoding.ids.size(); ++t) {
            const auto place = encoding.offsets[t].begin + unit.span.begin;
            if (encoding.is_special(t) || place < chunk.begin + before || place >= chunk.end + before) continue;
            sum += tokens.row(static_cast<Eigen::Index>(padding + t));
            ++info.tokens_total;
        }
        if (info.tokens_total == 0) {
            run_alone(unit, i, threads);
            continue;
        }
        sum /= static_cast<float>(info.tokens_total);
        info.tokens_used = info.tokens_total;
        Vectors vectors;
        vectors.dense.assign(sum.begin(), sum.end());
        if (pipeline_.manifest().normalize && !kernels::normalize(vectors.dense))
            throw Error(ErrorCode::model, "item " + std::to_string(number_of(unit.item)) + ": the vectors of the tokens of bytes " + std::to_string(chunk.begin) + " to " +
                                              std::to_string(chunk.end) + " of the text have a mean of 0: cut it into larger chunks");
        put(unit.first_row + i, std::move(vectors), unit, chunk, info);
    }
}

void Job::run_alone(const Unit& unit, std::size_t chunk, std::size_t threads) {
    const Unit alone{.item = unit.item, .network = unit.network, .span = unit.chunks[chunk]};
    const auto prepared = prepare(alone);
    const std::array batch{&prepared};
    auto vectors = pipeline_.vectors(unit.network, options_.role, batch, options_.outputs, {.threads = threads});
    put(unit.first_row + chunk, std::move(vectors.front()), alone, alone.span, prepared.info);
}

void Job::put(std::size_t row, Vectors vectors, const Unit& unit, ByteSpan span, EmbeddingInfo info) {
    info.item = number_of(unit.item);
    info.span = span;
    assembly_->put(row, std::move(vectors), info);
}

void Job::report(const Batch& batch) {
    const std::lock_guard lock(progress_);
    for (const auto unit : batch) rows_done_ += std::max<std::size_t>(units_[unit].chunks.size(), 1);
    if (options_.progress && !options_.progress({rows_done_, assembly_->rows()}))
        throw Error(ErrorCode::cancelled, "encoding was stopped by its caller after " + std::to_string(rows_done_) + " of " + std::to_string(assembly_->rows()) + " rows");
}

Encoded Job::run() {
    find_units();
    prepare_texts();
    const auto batches = plan();
    // Fewer batches than threads: each may use several. One thread always gives the same bits.
    const auto free = batches.empty() ? 1 : std::max<std::size_t>(encoder_.threads / batches.size(), 1);
    const auto threads = encoder_.deterministic ? 1 : encoder_.threads == 0 ? 0 : free;
    workers_.run(batches.size(), [&](std::size_t i) {
        run_batch(batches[i], threads);
        report(batches[i]);
    });
    return assembly_->take();
}

}  // namespace sextant::encode_detail
