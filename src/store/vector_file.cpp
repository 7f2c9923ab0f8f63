#include <sextant/store/vector_file.hpp>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>
#include <vector>

#include <sextant/core/error.hpp>

#include "store/npy_header.hpp"

namespace sextant {
namespace {

using namespace std::string_view_literals;

static_assert(std::endian::native == std::endian::little, "numbers are taken as they lie in the file");

constexpr auto npy_magic = "\x93NUMPY"sv;
constexpr std::size_t max_header_bytes = std::size_t{64} << 10;
constexpr std::size_t max_dimensions = std::size_t{1} << 20;

template <class Value>
Value value_at(const char* bytes) {
    Value value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

template <class Value>
void convert(const char* bytes, std::size_t count, float* to, const std::string& where) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto value = value_at<Value>(bytes + i * sizeof(Value));
        to[i] = static_cast<float>(value);
        if constexpr (std::is_same_v<Value, std::int32_t>)
            if (static_cast<double>(to[i]) != static_cast<double>(value))
                throw Error(ErrorCode::unsupported, where + ", component " + std::to_string(i) + " is " + std::to_string(value) + ", which no float32 is");
    }
}

std::string size_of(std::uintmax_t rows, std::uintmax_t columns) { return std::to_string(rows) + " x " + std::to_string(columns); }

}  // namespace

std::size_t VectorFile::row_bytes() const noexcept {
    static constexpr std::array<std::size_t, 6> bytes = {2, 4, 8, 1, 1, 4};
    return row_head_ + dimensions_ * bytes[static_cast<std::size_t>(number_)];
}

VectorFile VectorFile::open(const std::filesystem::path& path) {
    VectorFile result;
    result.name_ = path.string();
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) throw Error(ErrorCode::not_found, result.name_ + ": no such file of vectors");
    result.bytes_ = std::filesystem::file_size(path, error);
    result.file_.open(path, std::ios::binary);
    if (error || !result.file_) throw Error(ErrorCode::io, result.name_ + ": cannot be read");
    char magic[npy_magic.size()] = {};
    result.file_.read(magic, sizeof magic);
    const auto ending = path.extension();
    if (std::string_view(magic, sizeof magic) == npy_magic) result.read_npy();
    else if (ending == ".fvecs") result.read_vecs(Number::float32);
    else if (ending == ".bvecs") result.read_vecs(Number::uint8);
    else if (ending == ".ivecs") result.read_vecs(Number::int32);
    else throw Error(ErrorCode::unsupported, result.name_ + " is no .npy file, and its name does not end in .fvecs, .bvecs or .ivecs");
    return result;
}

void VectorFile::check_bytes(std::uintmax_t expected) const {
    if (bytes_ != expected)
        throw Error(ErrorCode::corrupt, name_ + " has " + std::to_string(bytes_) + " bytes; " + size_of(size_, dimensions_) + " numbers and what stands before them are " +
                                            std::to_string(expected) + ": it was cut off, or is no such file");
}

void VectorFile::read_npy() {
    const auto refuse = [this](ErrorCode code, const std::string& what) { throw Error(code, name_ + ": " + what); };
    unsigned char head[6] = {};  // version, 0, length of the header: two bytes in version 1, else four
    file_.read(reinterpret_cast<char*>(head), 2);
    const bool short_length = head[0] == 1;
    if (file_ && (head[0] < 1 || head[0] > 3)) refuse(ErrorCode::unsupported, "version " + std::to_string(head[0]) + " of .npy; 1 to 3 are known");
    if (!file_.read(reinterpret_cast<char*>(head + 2), short_length ? 2 : 4)) refuse(ErrorCode::corrupt, "the header is cut off");
    std::size_t length = head[2] | static_cast<std::size_t>(head[3]) << 8;
    if (!short_length) length |= static_cast<std::size_t>(head[4]) << 16 | static_cast<std::size_t>(head[5]) << 24;
    begin_ = npy_magic.size() + (short_length ? 4 : 6) + length;
    if (length > max_header_bytes || begin_ > bytes_) refuse(ErrorCode::corrupt, "the header is said to have " + std::to_string(length) + " bytes");
    std::string text(length, '\0');
    file_.seekg(static_cast<std::streamoff>(begin_ - length));
    if (!file_.read(text.data(), static_cast<std::streamsize>(length))) refuse(ErrorCode::io, "cannot be read");

    const auto header = store::read_npy_header(text, name_);
    static constexpr std::array kinds = {"<f2"sv, "<f4"sv, "<f8"sv, "|i1"sv, "|u1"sv, "<i4"sv};
    std::size_t kind = 0;
    while (kind < kinds.size() && kinds[kind] != header.descr) ++kind;
    if (kind == kinds.size()) refuse(ErrorCode::unsupported, "numbers of kind " + header.descr + "; known are <f2 <f4 <f8 |i1 |u1 <i4: save it as float32");
    number_ = static_cast<Number>(kind);
    if (header.fortran_order) refuse(ErrorCode::unsupported, "an array in Fortran order: save numpy.ascontiguousarray of it");
    if (header.shape.size() != 2) refuse(ErrorCode::unsupported, "an array of " + std::to_string(header.shape.size()) + " dimensions; expected 2, vectors by components");
    if (header.shape[1] > max_dimensions || header.shape[1] == 0 || header.shape[0] > bytes_)
        refuse(header.shape[0] > bytes_ ? ErrorCode::corrupt : ErrorCode::unsupported, "vectors of shape " + size_of(header.shape[0], header.shape[1]) + "; 1 to " +
                                                                                          std::to_string(max_dimensions) + " components are possible, and no more vectors than bytes");
    size_ = header.shape[0];
    dimensions_ = header.shape[1];
    check_bytes(begin_ + std::uintmax_t{size_} * row_bytes());
}

void VectorFile::read_vecs(Number number) {
    number_ = number;
    row_head_ = sizeof(std::int32_t);
    if (bytes_ == 0) return;
    char head[sizeof(std::int32_t)] = {};
    file_.clear();
    file_.seekg(0);
    file_.read(head, sizeof head);
    const auto length = value_at<std::int32_t>(head);
    if (!file_ || length < 1 || static_cast<std::size_t>(length) > max_dimensions)
        throw Error(ErrorCode::corrupt, name_ + ": the first vector is said to have " + std::to_string(length) + " components; 1 to " + std::to_string(max_dimensions) + " are possible");
    dimensions_ = static_cast<std::size_t>(length);
    size_ = static_cast<std::size_t>(bytes_ / row_bytes());
    check_bytes(std::uintmax_t{size_} * row_bytes());
}

Matrix VectorFile::read(std::size_t first, std::size_t count) {
    if (first > size_ || count > size_ - first)
        throw Error(ErrorCode::invalid_argument, name_ + ": vectors " + std::to_string(first) + " to " + std::to_string(first + count) + " were asked for; there are " + std::to_string(size_));
    std::vector<char> bytes(count * row_bytes());
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(begin_ + first * row_bytes()));
    if (!file_.read(bytes.data(), static_cast<std::streamsize>(bytes.size())) && count > 0) throw Error(ErrorCode::io, name_ + ": cannot be read to its end");
    Matrix vectors(count, dimensions_);
    for (std::size_t i = 0; i < count; ++i) {
        const auto where = name_ + ": vector " + std::to_string(first + i);
        const char* row = bytes.data() + i * row_bytes();
        float* to = vectors.data() + i * dimensions_;
        if (row_head_ > 0 && value_at<std::int32_t>(row) != static_cast<std::int32_t>(dimensions_))
            throw Error(ErrorCode::corrupt, where + " is said to have " + std::to_string(value_at<std::int32_t>(row)) + " components, the first has " + std::to_string(dimensions_));
        row += row_head_;
        switch (number_) {
            case Number::float16: convert<Eigen::half>(row, dimensions_, to, where); break;
            case Number::float32: convert<float>(row, dimensions_, to, where); break;
            case Number::float64: convert<double>(row, dimensions_, to, where); break;
            case Number::int8: convert<std::int8_t>(row, dimensions_, to, where); break;
            case Number::uint8: convert<std::uint8_t>(row, dimensions_, to, where); break;
            case Number::int32: convert<std::int32_t>(row, dimensions_, to, where); break;
        }
    }
    return vectors;
}

}  // namespace sextant
