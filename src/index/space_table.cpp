// What depends on the kind of a space.
#include <utility>

#include "index/index_impl.hpp"

namespace sextant::index {
namespace {

/// Codes a vector of one kind.
struct Coder {
    const SpaceTable& table;
    Coded& coded;

    void operator()(std::monostate) const { coded.there = false; }
    void operator()(std::span<const float> vector) const {
        coded.vector.assign(vector.begin(), vector.end());
        table.table.layout().quantizer().encode(vector, coded.norm, coded.codes);
    }
    void operator()(const SparseRow& row) const { keep(row, {}); }
    void operator()(const MultiRow& row) const { keep(row, MultiCodes::make(table.each->quantizer(), row)); }

private:
    void keep(const store::AnyVector& vector, MultiCodes codes) const {
        std::vector<std::byte> room;
        const auto bytes = store::pack(vector, room);
        coded.blob = std::make_unique<const Blob>(Blob{{bytes.begin(), bytes.end()}, std::move(codes)});
    }
};

}  // namespace

SpaceTable::SpaceTable(const NamedSpace& named, bool keeps_vectors)
    : NamedSpace(named), table(space.kind == Output::dense ? space.dimensions : 0, space.metric, keeps_vectors) {
    if (space.kind == Output::multi) each.emplace(space.dimensions, space.metric);
}

SpaceState SpaceTable::empty() const {
    SpaceState state{table.rows()};
    if (space.kind == Output::sparse) state.lists = std::make_shared<const SparseLists>(space.dimensions);
    return state;
}

void SpaceTable::code(const store::AnyVector& vector, double norm, Coded& coded) const {
    coded.there = true;
    coded.norm = norm;
    std::visit(Coder{*this, coded}, vector);
}

}  // namespace sextant::index
