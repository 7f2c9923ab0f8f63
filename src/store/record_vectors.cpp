#include "store/record_vectors.hpp"

#include <cstring>
#include <utility>

namespace sextant::store {
namespace {

constexpr std::size_t bytes_per_weight = sizeof(std::uint32_t) + sizeof(float);

template <class... Each>
struct Overloaded : Each... {
    using Each::operator()...;
};

template <class Named>
const typename Named::mapped_type* find(const Named& named, const NamedSpace& space) {
    const auto found = named.find(space.name);
    return found == named.end() ? nullptr : &found->second;
}

void copy_floats(std::span<const std::byte> bytes, std::vector<float>& floats) {
    floats.resize(bytes.size() / sizeof(float));
    if (!floats.empty()) std::memcpy(floats.data(), bytes.data(), bytes.size());
}

}  // namespace

AnyVector vector_in(const Record& record, std::span<const NamedSpace> spaces, std::size_t space) {
    const auto& in = spaces[space];
    switch (in.space.kind) {
        case Output::sparse:
            if (const auto* found = find(record.sparse, in)) return SparseRow(*found);
            break;
        case Output::multi:
            if (const auto* found = find(record.multi, in)) return MultiRow(*found);
            break;
        case Output::dense:
            if (space == 0 && !record.vector.empty()) return std::span<const float>(record.vector);
            if (const auto* found = find(record.vectors, in)) return std::span<const float>(*found);
            break;
    }
    return {};
}

void put_vector(Record& record, const NamedSpace& space, bool first, const AnyVector& vector) {
    std::visit(Overloaded{[](std::monostate) {},
                          [&](std::span<const float> values) { (first ? record.vector : record.vectors[space.name]).assign(values.begin(), values.end()); },
                          [&](const SparseRow& row) {
                              record.sparse[space.name] = {{row.ids.begin(), row.ids.end()}, {row.weights.begin(), row.weights.end()}};
                          },
                          [&](const MultiRow& row) {
                              record.multi[space.name] = MatrixView(row.values.data(), static_cast<Eigen::Index>(row.size()), static_cast<Eigen::Index>(row.dimensions));
                          }},
               vector);
}

std::span<const std::byte> pack(const AnyVector& vector, std::vector<std::byte>& room) {
    const auto pack_row = [&room](const SparseRow& row) -> std::span<const std::byte> {
        const std::size_t count = row.ids.size();
        room.resize(count * bytes_per_weight);
        std::byte* to = room.data();
        for (const auto id : row.ids) {
            const auto packed = static_cast<std::uint32_t>(id);
            std::memcpy(to, &packed, sizeof(packed));
            to += sizeof(packed);
        }
        if (count > 0) std::memcpy(to, row.weights.data(), count * sizeof(float));
        return room;
    };
    return std::visit(Overloaded{[](std::monostate) { return std::span<const std::byte>(); },
                                 [](std::span<const float> values) { return std::as_bytes(values); }, pack_row,
                                 [](const MultiRow& row) { return std::as_bytes(row.values); }},
                      vector);
}

bool can_have(const Space& space, std::size_t bytes) noexcept {
    switch (space.kind) {
        case Output::sparse:
            return bytes > 0 && bytes % bytes_per_weight == 0;
        case Output::multi:
            return bytes > 0 && bytes % (space.dimensions * sizeof(float)) == 0;
        case Output::dense:
            break;
    }
    return bytes == space.dimensions * sizeof(float);
}

PackedRow packed_row(std::span<const std::byte> bytes) noexcept {
    const std::size_t count = bytes.size() / bytes_per_weight;
    const auto* ids = reinterpret_cast<const std::uint32_t*>(bytes.data());
    return {{ids, count}, {reinterpret_cast<const float*>(ids + count), count}};
}

AnyVector Unpacking::unpack(const Space& space, std::span<const std::byte> bytes) {
    if (space.kind != Output::sparse) {
        copy_floats(bytes, floats_);
        if (space.kind == Output::multi) return MultiRow(floats_, space.dimensions);
        return std::span<const float>(floats_);
    }
    const std::size_t count = bytes.size() / bytes_per_weight;
    ids_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        std::uint32_t id = 0;
        std::memcpy(&id, bytes.data() + i * sizeof(id), sizeof(id));
        ids_[i] = id;
    }
    copy_floats(bytes.subspan(count * sizeof(std::uint32_t)), floats_);
    return SparseRow{ids_, floats_};
}

}  // namespace sextant::store
