// Thousands of random steps, beside a std::map that does the same.
#include <sextant/index/index.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "index/fixture.hpp"
#include "support/catch.hpp"

using namespace fixture;
using sextant::Index;
using sextant::Metric;
using sextant::Record;

namespace {

struct Remembered {
    Record record;
    std::size_t order;
};

class Walk {
public:
    Walk(std::uint64_t seed, Metric metric, bool on_disk) : random_(seed), metric_(metric), on_disk_(on_disk) {
        index_ =
            on_disk ? Index::create(file_, space(dimensions, metric)) : Index::in_memory(space(dimensions, metric));
    }

    void step() {
        const auto dice = random_.below(100);
        if (dice < 45) return upsert();
        if (dice < 65) return remove();
        if (dice < 96) return search();
        if (dice < 98) return index_->verify();
        reopen();
    }

    void compare_all() {
        REQUIRE(index_->size() == model_.size());
        for (const auto& [id, expected] : model_) REQUIRE(same(index_->get(id).value(), expected.record));
    }

private:
    static constexpr std::size_t dimensions = 5;

    std::string random_id() { return "id-" + std::to_string(random_.below(120)); }

    void upsert() {
        std::vector<Record> batch;
        for (std::size_t n = random_.below(9); n > 0; --n) {
            auto id = random_id();
            if (std::any_of(batch.begin(), batch.end(), [&](const Record& r) { return r.id == id; })) continue;
            std::vector<float> vector(dimensions);  // few values, so that many scores are equal
            for (auto& x : vector) x = static_cast<float>(random_.below(3)) + 1;
            batch.push_back(record(id, vector, "{\"n\":" + std::to_string(random_.below(1000)) + "}",
                                   std::string(random_.below(40) == 0 ? 20'000 : random_.below(50), 't')));
        }
        index_->upsert(batch);
        for (const auto& r : batch) {
            const auto [entry, fresh] = model_.try_emplace(r.id, Remembered{r, inserted_});
            if (fresh) ++inserted_;
            entry->second.record = r;
        }
    }

    void remove() {
        std::vector<std::string> ids;
        for (std::size_t n = random_.below(6); n > 0; --n) ids.push_back(random_id());
        std::size_t expected = 0;
        for (const auto& id : ids) expected += model_.erase(id);
        REQUIRE(index_->remove(ids) == expected);
    }

    void search() {
        std::vector<float> query(dimensions);
        for (auto& x : query) x = static_cast<float>(random_.below(3)) + 1;
        const std::size_t k = 1 + random_.below(12);
        const auto result = index_->nearest(query, {.k = k});
        const auto id = random_id();
        REQUIRE(index_->contains(id) == model_.contains(id));
        REQUIRE(result.size() == std::min(k, model_.size()));
        REQUIRE((result.completeness == sextant::Completeness::exhausted) == (model_.size() < k));

        std::vector<std::pair<float, const Remembered*>> all;
        for (const auto& [unused, r] : model_) all.emplace_back(score(r.record.vector, query), &r);
        std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
            return a.first != b.first ? a.first > b.first : a.second->order < b.second->order;
        });
        for (std::size_t i = 0; i < result.size(); ++i) {
            REQUIRE(result[i].id == all[i].second->record.id);
            REQUIRE(result[i].score == all[i].first);
            REQUIRE(result[i].payload == all[i].second->record.payload);
            REQUIRE(result[i].text == all[i].second->record.text);
        }
    }

    float score(const std::vector<float>& x, const std::vector<float>& q) const {
        double dot = 0, xx = 0, qq = 0, distance = 0;
        for (std::size_t i = 0; i < dimensions; ++i) {
            dot += double(x[i]) * q[i];
            xx += double(x[i]) * x[i];
            qq += double(q[i]) * q[i];
            distance += (double(x[i]) - q[i]) * (double(x[i]) - q[i]);
        }
        return static_cast<float>(metric_ == Metric::dot  ? dot
                                  : metric_ == Metric::l2 ? -distance
                                                          : dot / (std::sqrt(xx) * std::sqrt(qq))) +
               0.0F;
    }

    void reopen() {
        if (!on_disk_) return;
        index_.reset();
        REQUIRE(names(folder_) == std::vector<std::string>{"a.sextant"});
        index_ = Index::open(file_);
        compare_all();
    }

    TempFolder folder_;
    std::filesystem::path file_ = folder_ / "a.sextant";
    Random random_;
    Metric metric_;
    bool on_disk_;
    std::optional<Index> index_;
    std::map<std::string, Remembered> model_;
    std::size_t inserted_ = 0;
};

}  // namespace

TEST_CASE("an index behaves as a map that can sort") {
    std::uint64_t seed = 100;
    for (const bool on_disk : {true, false})
        for (const auto metric : {Metric::cosine, Metric::dot, Metric::l2}) {
            CAPTURE(seed, on_disk, to_string(metric));
            Walk walk(seed++, metric, on_disk);
            for (int step = 0; step < 1500; ++step) walk.step();
            walk.compare_all();
        }
}
