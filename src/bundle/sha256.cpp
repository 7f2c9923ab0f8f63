#include "bundle/sha256.hpp"

#include <array>

#include <openssl/evp.h>

#include <sextant/core/error.hpp>

namespace sextant::bundle_detail {

std::string sha256(std::span<const std::byte> bytes) {
    std::array<unsigned char, 32> digest{};
    unsigned int length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1 || length != digest.size())
        throw Error(ErrorCode::unsupported, "OpenSSL on this machine does not compute SHA-256");
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (const unsigned byte : digest) {
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    return hex;
}

}  // namespace sextant::bundle_detail
