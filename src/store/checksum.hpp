// A 128-bit sum that tells whether bytes are still what was written.
#pragma once

#include <cstdint>

namespace sextant::store {

/// Against damage, not against forgery. Checksums of rows are added up (modulo 2^128) to the root of a file, so that
/// the root does not depend on the order of the rows and follows a change of one row at once.
struct Checksum {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    friend bool operator==(const Checksum&, const Checksum&) = default;

    Checksum& operator+=(const Checksum& other) noexcept {
        low += other.low;
        high += other.high + (low < other.low ? 1 : 0);
        return *this;
    }
    Checksum& operator-=(const Checksum& other) noexcept {
        high -= other.high + (low < other.low ? 1 : 0);
        low -= other.low;
        return *this;
    }
};

}  // namespace sextant::store
