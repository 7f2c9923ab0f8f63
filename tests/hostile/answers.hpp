// All that an index answers, to be compared with what it answered before its file was damaged.
#pragma once

#include <string>
#include <vector>

#include <sextant/core/error.hpp>

#include "index/fixture.hpp"
#include "index/kinds.hpp"

namespace hostile {

/// A small file with spaces of all kinds: several rows, payloads and texts, some of them long enough to need pages of their own.
inline void make_index(const std::filesystem::path& file) {
    auto space = fixture::space(6, sextant::Metric::l2);
    space.fingerprint.value = "encoder";
    space.fingerprint.parts = {{"weights", "0123456789abcdef"}, {"preprocess.mean", "0.5 0.5 0.5"}};
    auto index = sextant::Index::create(file, {{"", space}, {"words", fixture::sparse_space(100)}, {"page", fixture::multi_space(3)}});
    fixture::Random random(7);
    std::vector<sextant::Record> records;
    for (std::size_t i = 0; i < 12; ++i)
        records.push_back(fixture::record("record-" + std::to_string(i), random.vector(6),
                                          "{\"n\":" + std::to_string(i) + "}",
                                          i == 5 ? std::string(18'000, 't') : "text " + std::to_string(i)));
    for (std::size_t i = 0; i < 12; i += 2) {
        records[i].sparse["words"] = {{static_cast<std::int64_t>(i), 50, 99}, random.vector(3)};
        records[i].multi["page"] = sextant::Matrix::Constant(1 + static_cast<Eigen::Index>(i % 3), 3, random.uniform());
    }
    index.upsert(records);
    (void)index.remove(std::vector<std::string>{"record-3"});
    index.upsert(std::vector{fixture::record("record-4", random.vector(6), "{\"new\":true}")});
}

struct Answers {
    std::vector<sextant::Record> records;
    std::vector<sextant::SearchResult> searches;
    std::size_t size = 0;
    std::string fingerprint;

    [[nodiscard]] bool same_as(const Answers& other) const {
        if (size != other.size || fingerprint != other.fingerprint || records.size() != other.records.size())
            return false;
        for (std::size_t i = 0; i < records.size(); ++i)
            if (!fixture::same(records[i], other.records[i]) || records[i].sparse != other.records[i].sparse || records[i].multi != other.records[i].multi)
                return false;
        for (std::size_t i = 0; i < searches.size(); ++i)
            if (!fixture::same(searches[i], other.searches[i])) return false;
        return true;
    }
};

/// Throws what the index throws.
inline Answers ask(const sextant::Index& index) {
    Answers answers;
    answers.size = index.size();
    answers.fingerprint = index.space().fingerprint.value;
    for (const auto& [part, value] : index.space().fingerprint.parts) answers.fingerprint += "/" + part + "=" + value;
    for (int i = 0; i < 13; ++i)
        if (auto found = index.get("record-" + std::to_string(i))) answers.records.push_back(std::move(*found));
    fixture::Random random(8);
    for (const std::size_t k : {1, 3, 50}) {
        answers.searches.push_back(index.nearest(random.vector(6), {.k = k}));
        answers.searches.push_back(index.nearest(sextant::SparseVector{{1, 5, 50}, {1, 2, 3}}, {.k = k, .space = "words"}));
        answers.searches.push_back(index.nearest(sextant::MultiRow(random.vector(6), 3), {.k = k, .space = "page"}));
    }
    return answers;
}

}  // namespace hostile
