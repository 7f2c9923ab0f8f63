// Files of vectors, as other programs write them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

#include <sextant/core/embeddings.hpp>

namespace sextant {

/// A file of vectors of one length, read a stretch at a time: NumPy's `.npy` (formats 1 to 3: two dimensions, C order,
/// little-endian; float16, float32, float64, int8, uint8, int32), known by its first bytes; else, by its ending, `.fvecs`,
/// `.bvecs` or `.ivecs` (each vector behind its length: the TEXMEX sets of Jegou et al.).
///
/// Sources: numpy/lib/format.py; http://corpus-texmex.irisa.fr. Threads: one at a time.
class VectorFile {
public:
    /// Throws `not_found`; `unsupported` for another kind of file, array or number; `corrupt` if what the file says of
    /// its size is not its size.
    [[nodiscard]] static VectorFile open(const std::filesystem::path& path);

    [[nodiscard]] std::size_t size() const noexcept { return size_; }              ///< vectors
    [[nodiscard]] std::size_t dimensions() const noexcept { return dimensions_; }  ///< of each

    /// The vectors from `first` on, as float32 [count, dimensions]; float64 is rounded. Throws `invalid_argument` beyond
    /// the end, `unsupported` for an integer that no float32 is, `corrupt` for a vector of another length, `io`.
    [[nodiscard]] Matrix read(std::size_t first, std::size_t count);

private:
    enum class Number { float16, float32, float64, int8, uint8, int32 };

    void read_npy();
    void read_vecs(Number number);
    void check_bytes(std::uintmax_t expected) const;
    [[nodiscard]] std::size_t row_bytes() const noexcept;

    std::string name_;
    std::ifstream file_;
    std::uintmax_t bytes_ = 0;   // of the file
    std::size_t size_ = 0, dimensions_ = 0;
    std::size_t begin_ = 0;      // of the first vector
    std::size_t row_head_ = 0;   // bytes before each vector: its length
    Number number_ = Number::float32;
};

}  // namespace sextant
