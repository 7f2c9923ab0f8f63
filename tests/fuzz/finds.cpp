// A library that breaks in the way that the first seed says: does the driver find it, and leave the input?
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include "fuzz/target.hpp"

std::vector<fuzz::Bytes> fuzz::seeds() { return {"sound", std::getenv("SEXTANT_FUZZ_FAULT")}; }

std::vector<fuzz::Bytes> fuzz::tokens() { return {}; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view fault(reinterpret_cast<const char*>(data), size);
    static volatile int number = std::numeric_limits<int>::max();
    [[maybe_unused]] static void* volatile block = nullptr;
    if (fault == "promise") fuzz::broken("as asked");
    if (fault == "exception") throw std::runtime_error("as asked");
    if (fault == "bounds") number = data[size];
    if (fault == "overflow") number = number + 1;
    if (fault == "memory") block = std::malloc(std::size_t{1} << 30);
    if (fault == "leak") {
        block = std::malloc(100);
        block = nullptr;
    }
    return 0;
}
