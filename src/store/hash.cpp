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
    const std::array<std::uint64_t, 5> head = {row.number, row.id.size(), row.vector.size(), row.payload.size(),
                                               row.text.size()};
    Hash hash;
    hash.add(head.data(), sizeof(head));
    hash.add(row.id.data(), row.id.size());
    hash.add(row.vector.data(), row.vector.size());
    hash.add(row.payload.data(), row.payload.size());
    hash.add(row.text.data(), row.text.size());
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
