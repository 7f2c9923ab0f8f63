#include "index/row_table.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace sextant::index {
namespace {

using kernels::block_rows;

void remove_doubles(std::vector<std::size_t>& blocks) {
    std::ranges::sort(blocks);
    blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
}

bool fills_page(const RowLayout& layout) { return 10 * layout.piece_bytes() >= 9 * huge_page; }

}  // namespace

Memory RowTable::touched_piece(const RowLayout& layout) {
    constexpr std::size_t page = 4096;
    auto piece = new_memory(layout.piece_bytes(), fills_page(layout));
    for (std::size_t at = 0; at < layout.piece_bytes(); at += page) piece[at] = std::byte{0};
    return piece;
}

RowTable::RowTable(std::size_t dimensions, Metric metric, bool keeps_vectors)
    : layout_(dimensions, metric, keeps_vectors), rows_(std::make_shared<const Rows>(layout_, Rows::Parts())) {}

std::optional<std::size_t> RowTable::find(std::string_view id) const {
    const auto found = ids_.find(id);
    if (found == ids_.end()) return std::nullopt;
    return found->second.slot;
}

std::size_t RowTable::pieces() const noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(pieces_, [](const auto& piece) { return piece != nullptr; }));
}

/// The lowest that is free, so that the pieces at the end become so.
std::size_t RowTable::take_block() {
    const std::size_t blocks_per_piece = layout_.blocks_per_piece();
    auto word = std::ranges::find_if(free_, [](auto bits) { return bits != 0; });
    if (word == free_.end()) {
        const std::size_t first = pieces_.size() * blocks_per_piece;
        free_.resize(words_for(first + blocks_per_piece));
        pieces_.emplace_back();
        for (std::size_t b = first; b < first + blocks_per_piece; ++b) set_bit(free_, b, true);
        word = free_.begin() + static_cast<std::ptrdiff_t>(first / word_bits);
    }
    const std::size_t block = static_cast<std::size_t>(word - free_.begin()) * word_bits + static_cast<std::size_t>(std::countr_zero(*word));
    auto& piece = pieces_[block / blocks_per_piece];
    if (!piece && !spare_.empty()) {
        piece = std::move(spare_.back());
        spare_.pop_back();
    }
    if (!piece) piece = new_memory(layout_.piece_bytes(), pieces_.size() > 1 && fills_page(layout_));  // few rows shall not take a huge page
    set_bit(free_, block, false);
    return block;
}

void RowTable::free_block(std::size_t block) noexcept {
    const std::size_t blocks_per_piece = layout_.blocks_per_piece(), first = block / blocks_per_piece * blocks_per_piece;
    set_bit(free_, block, true);
    for (std::size_t b = first; b < first + blocks_per_piece; ++b)
        if (!get_bit(free_, b)) return;
    pieces_[block / blocks_per_piece].reset();
    while (!pieces_.empty() && !pieces_.back()) {
        pieces_.pop_back();
        for (std::size_t b = 0; b < blocks_per_piece; ++b) set_bit(free_, pieces_.size() * blocks_per_piece + b, false);
    }
}

void RowTable::reclaim() noexcept {
    for (; !retired_.empty() && retired_.front().gone->load(std::memory_order_acquire); retired_.pop_front())
        for (const auto block : retired_.front().blocks) free_block(block);
}

RowTable::Change::Change(RowTable& table) : table_(table), filled_(table.filled_) {
    table.reclaim();
    const auto& now = table.rows_->parts_;
    next_ = {.live = now.live, .size = now.size, .filling = table.filling_};
    for (const auto& piece : table.pieces_) next_.pieces.push_back(piece.get());
    next_.live.resize(table.pieces_.size() * table.layout_.blocks_per_piece());
}

RowTable::Change::~Change() {
    table_.spare_.clear();
    for (const auto block : taken_) table_.free_block(block);
}

std::size_t RowTable::Change::next_slot() {
    if (next_.filling == Rows::none) {
        if (taken_.size() == taken_.capacity()) taken_.reserve(2 * taken_.size() + 1);  // before there is a block to remember
        const auto block = table_.take_block();
        taken_.push_back(block);
        const std::size_t blocks_per_piece = table_.layout_.blocks_per_piece(), piece = block / blocks_per_piece;
        next_.pieces.resize(table_.pieces_.size());
        next_.pieces[piece] = table_.pieces_[piece].get();
        next_.live.resize(next_.pieces.size() * blocks_per_piece);
        next_.filling = block;
    }
    const std::size_t slot = next_.filling * block_rows + filled_++;
    written_.push_back(slot);
    set_bit(next_.live, slot, true);
    ++next_.size;
    if (filled_ == block_rows) {
        touched_.push_back(next_.filling);
        next_.filling = Rows::none;
        filled_ = 0;
    }
    return slot;
}

void RowTable::Change::kill(std::size_t slot) noexcept {
    set_bit(next_.live, slot, false);
    --next_.size;
}

bool RowTable::Change::put(std::string_view id, const RowInfo& info, std::span<const float> vector, std::shared_ptr<const Kept> kept) {
    const auto place = add(id, info, std::move(kept));
    if (!place) return false;
    table_.layout_.quantizer().encode(vector, info.norm, codes_);
    table_.layout_.write(*place, vector, info.norm, codes_);
    return true;
}

std::optional<RowLayout::Place> RowTable::Change::add(std::string_view id, const RowInfo& info, std::shared_ptr<const Kept> kept,
                                                         std::unique_ptr<const Blob> blob) {
    const auto [named, is_new] = added_.try_emplace(std::string(id));
    if (!is_new) return std::nullopt;
    if (table_.ids_.contains(id)) remove(id);
    const auto slot = next_slot();
    named->second = {slot, std::move(kept), std::move(blob)};
    const auto place = at(slot);
    *place.info = info;
    place.info->stamp = ++table_.stamp_;
    *place.named = &*named;
    return place;
}

void RowTable::Change::remove(std::string_view id) {
    const auto& named = *table_.ids_.find(id);
    dead_.push_back(&named);
    touched_.push_back(named.second.slot / block_rows);
    kill(named.second.slot);
}

/// Moves what is left of a block to the one that fills, if that is little.
void RowTable::Change::tidy(std::size_t block) {
    const auto left = next_.live[block];
    if (block == next_.filling || 2 * static_cast<std::size_t>(std::popcount(left)) >= block_rows) return;
    emptied_.push_back(block);
    for_each_bit(left, [&](std::size_t i) {
        const std::size_t from = block * block_rows + i;
        moved_.emplace_back(*at(from).named, 0);
        moved_.back().second = next_slot();
        table_.layout_.copy(at(from), at(moved_.back().second));
        kill(from);
    });
}

void RowTable::Change::prepare() {
    remove_doubles(touched_);
    for (std::size_t i = 0; i < touched_.size(); ++i) tidy(touched_[i]);  // which may touch more
    remove_doubles(emptied_);
    auto& retired = retired_.emplace_back();
    retired.gone = table_.rows_->parts_.gone;
    retired.entries.reserve(dead_.size());
    retired.blocks = std::move(emptied_);
    rows_ = std::make_shared<const Rows>(table_.layout_, std::move(next_));
}

void RowTable::Change::make_room() {
    auto& ids = table_.ids_;
    if (ids.empty()) return;  // what was added has room
    const std::size_t wanted = ids.size() + added_.size();
    // At least doubling: making room for exactly what is wanted each time would move everything each time.
    if (static_cast<float>(wanted) > static_cast<float>(ids.bucket_count()) * ids.max_load_factor()) ids.reserve(std::max(wanted, 2 * ids.size()));
}

void RowTable::Change::publish() noexcept {
    auto& ids = table_.ids_;
    for (const auto* named : dead_) retired_.front().entries.push_back(ids.extract(ids.find(std::string_view(named->first))));
    for (const auto& [named, slot] : moved_) named->second.slot = slot;
    if (ids.empty()) ids.swap(added_);
    ids.merge(added_);  // moves the nodes: the ids stay where they are
    table_.filling_ = rows_->parts_.filling;
    table_.filled_ = filled_;
    table_.rows_ = std::move(rows_);
    table_.retired_.splice(table_.retired_.end(), retired_);
    taken_.clear();
    table_.spare_.clear();
}

}  // namespace sextant::index
