#include "index/multi_codes.hpp"

#include <sextant/kernels/similarity.hpp>

#include "index/rows.hpp"

namespace sextant::index {

MultiCodes MultiCodes::make(const kernels::Quantizer& quantizer, const MultiRow& row) {
    MultiCodes made;
    made.of.reserve(row.size());
    kernels::Codes codes;
    for (std::size_t i = 0; i < row.size(); ++i) {
        const double norm = kernels::norm(row.vector(i));
        quantizer.encode_bytes(row.vector(i), norm, codes);
        if (i == 0) made.bytes.reserve(row.size() * codes.bytes.size());
        made.bytes.insert(made.bytes.end(), codes.bytes.begin(), codes.bytes.end());
        made.of.push_back({weighted(codes.by_bytes, norm), static_cast<float>(norm)});
    }
    return made;
}

}  // namespace sextant::index
