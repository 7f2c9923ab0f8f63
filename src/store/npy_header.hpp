// What stands before the numbers in a .npy file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sextant::store {

struct NpyHeader {
    std::string descr;  ///< kind of number, as `<f4`
    bool fortran_order = false;
    std::vector<std::uint64_t> shape;
};

/// Reads the dictionary, as numpy/lib/format.py writes it. Throws `corrupt`, naming `file`.
[[nodiscard]] NpyHeader read_npy_header(std::string_view text, const std::string& file);

}  // namespace sextant::store
