// Files of vectors, as other programs write them.
#include <sextant/store/vector_file.hpp>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/temp_folder.hpp"

using sextant::ErrorCode;
using sextant::VectorFile;

namespace {

template <class Value>
std::string bytes_of(const std::vector<Value>& values) {
    std::string bytes(values.size() * sizeof(Value), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

std::string npy(const std::string& dictionary, const std::string& values, int version = 1) {
    const std::string header = dictionary + "\n";
    std::string file = std::string("\x93NUMPY", 6) + static_cast<char>(version) + '\0' + static_cast<char>(header.size() & 0xFF) + static_cast<char>(header.size() >> 8);
    if (version > 1) file += std::string(2, '\0');
    return file + header + values;
}

std::string npy_of(const std::string& descr, const std::string& shape, const std::string& values) {
    return npy("{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }", values);
}

/// One vector behind its length.
template <class Value>
std::string behind_length(const std::vector<Value>& vector) {
    return bytes_of(std::vector<std::int32_t>{static_cast<std::int32_t>(vector.size())}) + bytes_of(vector);
}

struct Folder : TempFolder {
    std::string with(const std::string& name, const std::string& content) const {
        std::ofstream(*this / name, std::ios::binary) << content;
        return (*this / name).string();
    }
};

std::vector<float> all_of(const std::string& file) {
    auto vectors = VectorFile::open(file);
    const auto read = vectors.read(0, vectors.size());
    return {read.data(), read.data() + read.size()};
}

}  // namespace

TEST_CASE("NumPy's arrays are read, whatever their numbers") {
    const Folder folder;
    const std::vector<float> wanted = {1, -2, 0.5F, 3, 4, -5};
    CHECK(all_of(folder.with("a.npy", npy_of("<f4", "(2, 3)", bytes_of(wanted)))) == wanted);
    CHECK(all_of(folder.with("b.npy", npy_of("<f8", "(3, 2)", bytes_of(std::vector<double>(wanted.begin(), wanted.end()))))) == wanted);
    CHECK(all_of(folder.with("c.npy", npy_of("|i1", "(1, 2)", bytes_of(std::vector<std::int8_t>{-128, 127})))) == std::vector<float>{-128, 127});
    CHECK(all_of(folder.with("d.npy", npy_of("|u1", "(2, 1)", bytes_of(std::vector<std::uint8_t>{0, 255})))) == std::vector<float>{0, 255});
    CHECK(all_of(folder.with("e.npy", npy_of("<i4", "(1, 2)", bytes_of(std::vector<std::int32_t>{-16777216, 7})))) == std::vector<float>{-16777216, 7});
    CHECK(all_of(folder.with("f.npy", npy_of("<f2", "(1, 3)", bytes_of(std::vector<std::uint16_t>{0x3C00, 0xC000, 0x0001})))) == std::vector<float>{1, -2, 0x1p-24F});
    CHECK(all_of(folder.with("g.npy", npy("{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4'}", bytes_of(wanted), 3))) == wanted);
    CHECK(all_of(folder.with("h.npy", npy_of("<f4", "(0, 3)", ""))).empty());
}

TEST_CASE("the TEXMEX files are read, a stretch at a time") {
    const Folder folder;
    std::string floats, bytes;
    for (int i = 0; i < 100; ++i) {
        const auto x = static_cast<float>(i);
        floats += behind_length(std::vector<float>{x * 1.5F, -x});
        bytes += behind_length(std::vector<std::uint8_t>{static_cast<std::uint8_t>(i), 255, 0});
    }
    auto file = VectorFile::open(folder.with("a.fvecs", floats));
    CHECK(file.size() == 100);
    CHECK(file.dimensions() == 2);
    const auto some = file.read(97, 3);
    CHECK((some(0, 0) == 145.5F && some(2, 1) == -99));
    CHECK(file.read(5, 1)(0, 1) == -5);
    CHECK(file.read(100, 0).rows() == 0);
    expect_error(ErrorCode::invalid_argument, {"a.fvecs", "100 to 101"}, [&] { (void)file.read(100, 1); });
    CHECK(VectorFile::open(folder.with("a.bvecs", bytes)).read(42, 1)(0, 0) == 42);
    CHECK(all_of(folder.with("a.ivecs", behind_length(std::vector<std::int32_t>{5, -6}))) == std::vector<float>{5, -6});
    CHECK(VectorFile::open(folder.with("empty.fvecs", "")).size() == 0);
}

TEST_CASE("files that are not what they say are refused, and say why") {
    const Folder folder;
    const auto refused = [&](ErrorCode code, std::initializer_list<std::string> parts, const std::string& name, const std::string& content) {
        const auto path = folder.with(name, content);
        expect_error(code, {name}, [&] { (void)all_of(path); });
        expect_error(code, parts, [&] { (void)all_of(path); });
    };
    const auto values = bytes_of(std::vector<float>{1, 2});
    refused(ErrorCode::corrupt, {"cut off"}, "short.npy", npy_of("<f4", "(2, 2)", values));
    refused(ErrorCode::corrupt, {"cut off"}, "long.npy", npy_of("<f4", "(1, 1)", values));
    refused(ErrorCode::corrupt, {"18446744073709551615"}, "many.npy", npy_of("<f4", "(18446744073709551615, 2)", values));
    refused(ErrorCode::corrupt, {"no number"}, "huge.npy", npy_of("<f4", "(99999999999999999999, 2)", values));
    refused(ErrorCode::unsupported, {"1 dimensions"}, "flat.npy", npy_of("<f4", "(2,)", values));
    refused(ErrorCode::unsupported, {"0 x 0"}, "none.npy", npy_of("<f4", "(0, 0)", ""));
    refused(ErrorCode::unsupported, {">f4", "float32"}, "big.npy", npy_of(">f4", "(1, 2)", values));
    refused(ErrorCode::unsupported, {"Fortran"}, "fortran.npy", npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }", values));
    refused(ErrorCode::corrupt, {"fortran_order"}, "half.npy", npy("{'descr': '<f4'}", values));
    refused(ErrorCode::corrupt, {"twice"}, "twice.npy", npy("{'descr': '<f4', 'descr': '<f4', 'shape': (1, 2), }", values));
    refused(ErrorCode::corrupt, {"evil"}, "evil.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), 'evil': 1}", values));
    refused(ErrorCode::corrupt, {"behind"}, "behind.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)} os.system('x')", values));
    refused(ErrorCode::corrupt, {"without an end"}, "open.npy", npy("{'descr", values));
    refused(ErrorCode::corrupt, {"header"}, "head.npy", std::string("\x93NUMPY\x01\x00\xFF\xFF{", 11));
    refused(ErrorCode::unsupported, {"version 9"}, "nine.npy", npy("{}", values, 9));
    refused(ErrorCode::unsupported, {"16777217"}, "big.ivecs", behind_length(std::vector<std::int32_t>{16777217}));
    refused(ErrorCode::corrupt, {"vector 1", "3 components", "2"}, "mixed.fvecs",
            behind_length(std::vector<float>{1, 2}) + bytes_of(std::vector<std::int32_t>{3}) + bytes_of(std::vector<float>{1, 2}));
    refused(ErrorCode::corrupt, {"-1 components"}, "negative.fvecs", bytes_of(std::vector<std::int32_t>{-1, 0}));
    refused(ErrorCode::corrupt, {"cut off"}, "cut.fvecs", behind_length(std::vector<float>{1, 2}) + "x");
    refused(ErrorCode::corrupt, {"first vector"}, "two.fvecs", "ab");
    refused(ErrorCode::unsupported, {".fvecs"}, "a.txt", "hello");
    expect_error(ErrorCode::not_found, {"nowhere"}, [&] { (void)VectorFile::open(folder / "nowhere.npy"); });
    expect_error(ErrorCode::not_found, {}, [&] { (void)VectorFile::open(folder.path()); });
}

TEST_CASE("every beginning of a .npy file is refused") {
    const Folder folder;
    const auto whole = npy_of("<f4", "(1, 2)", bytes_of(std::vector<float>{1, 2}));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        INFO(length);
        const auto path = folder.with("part.npy", whole.substr(0, length));
        CHECK_THROWS_AS(VectorFile::open(path), sextant::Error);
    }
}
