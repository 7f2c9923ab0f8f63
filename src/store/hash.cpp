#include "store/hash.hpp"

#include <array>
#include <bit>
#include <charconv>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sextant::store {
namespace {

static_assert(std::endian::native == std::endian::little, "the file holds little-endian numbers as they lie in memory");

class Hash {
public:
    Hash() noexcept { XXH3_128bits_reset(&state_); }
    Hash(const Hash&) = delete;
    Hash& operator=(const Hash&) = delete;

    void add(const void* bytes, std::size_t size) noexcept {
        if (size != 0) XXH3_128bits_update(&state_, bytes, size);
    }
    [[nodiscard]] Checksum take() const noexcept {
        const auto hash = XXH3_128bits_digest(&state_);
        return {hash.low64, hash.high64};
    }

private:
    XXH3_state_t state_;
};

}  // namespace

Checksum checksum_of(const Row& row) noexcept {
    const std::array<std::uint64_t, 7> head = {row.number,        row.id.size(),   row.payload.size(), row.text.size(),
                                               row.parent.size(), row.span.size(), row.vectors.size()};
    Hash hash;
    hash.add(head.data(), sizeof(head));
    for (const auto field : {row.id, row.payload, row.text, row.parent, row.span}) hash.add(field.data(), field.size());
    hash.add(row.vectors.data(), row.vectors.size());
    return hash.take();
}

Checksum checksum_of_version_1(const Row& row, std::span<const std::byte> vector) noexcept {
    const std::array<std::uint64_t, 5> head = {row.number, row.id.size(), vector.size(), row.payload.size(), row.text.size()};
    Hash hash;
    hash.add(head.data(), sizeof(head));
    hash.add(row.id.data(), row.id.size());
    hash.add(vector.data(), vector.size());
    hash.add(row.payload.data(), row.payload.size());
    hash.add(row.text.data(), row.text.size());
    return hash.take();
}

Checksum checksum_of(std::size_t space, std::uint64_t row, std::span<const std::byte> vector) noexcept {
    const std::array<std::uint64_t, 3> head = {space, row, vector.size()};
    Hash hash;
    hash.add(head.data(), sizeof(head));
    hash.add(vector.data(), vector.size());
    return hash.take();
}

Checksum checksum_of(const std::map<std::string, std::string>& values) noexcept {
    Hash hash;
    for (const auto& [key, value] : values) {
        const std::array<std::uint64_t, 2> head = {key.size(), value.size()};
        hash.add(head.data(), sizeof(head));
        hash.add(key.data(), key.size());
        hash.add(value.data(), value.size());
    }
    return hash.take();
}

std::string to_hex(const Checksum& checksum) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const auto half : {checksum.high, checksum.low})
        for (int shift = 60; shift >= 0; shift -= 4) text += digits[(half >> shift) & 15];
    return text;
}

bool from_hex(std::string_view text, Checksum& checksum) noexcept {
    if (text.size() != 32 || text.find_first_not_of("0123456789abcdef") != text.npos) return false;
    std::from_chars(text.data(), text.data() + 16, checksum.high, 16);
    std::from_chars(text.data() + 16, text.data() + 32, checksum.low, 16);
    return true;
}

}  // namespace sextant::store
