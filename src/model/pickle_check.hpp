// Looks into the pickles of a TorchScript archive before libtorch does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sextant::model_detail {

/// How large the values of a pickle are: what its readers, which go into values by calling themselves, need stack for.
struct PickleShape {
    std::size_t depth = 0;  ///< values within values; each bracket within a string counts too, as types are written so
    std::size_t values = 0;  ///< in all, those that stand at several places counted at each
};

/// Numbers that a pickle says lie in another entry of the archive: libtorch believes it.
struct StoredNumbers {
    std::string key;
    std::uint64_t bytes = 0;
};

struct PickleContent {
    PickleShape shape;
    std::vector<StoredNumbers> stored;
};

/// Refuses a pickle that libtorch's reader does not know, or that would lead it astray: only protocol 2 and the opcodes of
/// torch/csrc/jit/serialization/unpickler.cpp; nothing is taken from below a mark or from an empty stack, nothing called
/// but what GLOBAL names in `torch`, `collections` or the archive itself; values lie at most 200 deep and are 2^24 at most; what lies elsewhere is said as exporters say it, with a type and a count.
/// `file` is for messages. Throws `model`.
PickleContent check_pickle(std::string_view pickle, const std::string& file);

}  // namespace sextant::model_detail
