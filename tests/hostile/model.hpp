// What an index should hold.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "index/fixture.hpp"

namespace hostile {

using Model = std::map<std::string, sextant::Record>;

/// What one call of `upsert` or, if it brings no records, of `remove` is to do.
struct Batch {
    std::vector<sextant::Record> upserts;
    std::vector<std::string> removals;

    void write_to(sextant::Index& index) const {
        if (upserts.empty()) {
            (void)index.remove(removals);
        } else {
            index.upsert(upserts);
        }
    }
    void write_to(Model& model) const {
        for (const auto& record : upserts) model[record.id] = record;
        for (const auto& id : removals) model.erase(id);
    }
};

/// Reads every record from the file.
[[nodiscard]] inline bool holds(const sextant::Index& index, const Model& model) {
    if (index.size() != model.size()) return false;
    for (const auto& [id, expected] : model) {
        const auto found = index.get(id);
        if (!found || !fixture::same(*found, expected)) return false;
    }
    return true;
}

}  // namespace hostile
