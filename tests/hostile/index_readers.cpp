// Eight readers beside a writer and one who builds a graph: every answer must be that of one state of the index, between the
// commit that was complete when the reader asked and the one that was begun when he had his answer; or, if a graph was
// walked, records of one such state, as many as were wanted. Meant to run under ThreadSanitizer.
//
//   index_readers           15 seconds with a file, 15 in memory
//   index_readers --all     five minutes each
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "hostile/options.hpp"
#include "index/reference.hpp"

namespace {

using namespace fixture;
using sextant::Filter;
using sextant::Index;
using sextant::Record;

constexpr std::size_t dimensions = 12, ids = 1800, threads = 8, groups = 5;
constexpr auto metric = sextant::Metric::dot;

/// What an index should hold, in the order of insertion.
using State = std::vector<std::shared_ptr<const Record>>;

std::string group_of(std::size_t group) { return "{\"group\":" + std::to_string(group) + "}"; }

/// The states that readers may see.
class History {
public:
    History() { states_.emplace_back(); }
    void begin(State state) {
        const std::lock_guard lock(mutex_);
        states_.push_back(std::move(state));
        if (states_.size() > longest) {
            states_.pop_front();
            ++first_;
        }
    }
    void complete() { ++complete_; }
    [[nodiscard]] std::size_t completed() const { return complete_; }
    [[nodiscard]] std::vector<State> since(std::size_t n) const {
        const std::lock_guard lock(mutex_);
        if (n < first_) throw std::runtime_error("a reader took longer than the history is");
        return {states_.begin() + static_cast<std::ptrdiff_t>(n - first_), states_.end()};
    }

private:
    static constexpr std::size_t longest = 5000;
    mutable std::mutex mutex_;
    std::deque<State> states_;
    std::size_t first_ = 0;
    std::atomic<std::size_t> complete_{0};
};

struct Question {
    std::vector<Vector> queries;
    std::size_t k = 1, group = groups;  // groups: no filter
    bool walks = false;                 // a graph, if there is one
    std::string id;
};

/// As text, so that answers can be compared whatever they are of.
std::string shown(const Record& record) { return record.id + " " + record.payload + " " + record.text + "\n"; }

std::string answer(const Index& index, const Question& question) {
    sextant::NearestOptions options{.k = question.k};
    if (question.walks) options.ef = 3 * question.k;
    if (question.group < groups) options.filter = sextant::field("group") == static_cast<std::int64_t>(question.group);
    sextant::Matrix queries(static_cast<Eigen::Index>(question.queries.size()), static_cast<Eigen::Index>(dimensions));
    for (std::size_t q = 0; q < question.queries.size(); ++q)
        for (std::size_t d = 0; d < dimensions; ++d) queries(static_cast<Eigen::Index>(q), static_cast<Eigen::Index>(d)) = question.queries[q][d];
    std::string all;
    for (const auto& result : index.nearest(queries, options)) {
        for (const auto& hit : result) all += shown(record(hit.id, {}, hit.payload, hit.text));
        all += "--\n";
    }
    return all;
}

/// Whether these may be the answers of a walk: of each query as many records as are wanted, each as it is in the state.
bool could_answer(const State& state, const Question& question, const std::string& seen) {
    std::map<std::string, int> there;
    for (const auto& record : state)
        if (question.group == groups || record->payload == group_of(question.group)) there.emplace(shown(*record), 0);
    const std::size_t wanted = std::min(question.k, there.size());
    std::size_t at = 0;
    for (std::size_t q = 0; q < question.queries.size(); ++q) {
        std::set<std::string> found;
        for (auto end = seen.find('\n', at) + 1; seen.compare(at, end - at, "--\n") != 0; at = end, end = seen.find('\n', at) + 1)
            if (const auto line = seen.substr(at, end - at); !there.contains(line) || !found.insert(line).second) return false;
        if (found.size() != wanted) return false;
        at += 3;
    }
    return true;
}

std::string answer(const State& state, const Question& question) {
    std::vector<Vector> vectors;
    State met;
    for (const auto& record : state)
        if (question.group == groups || record->payload == group_of(question.group)) {
            met.push_back(record);
            vectors.push_back(record->vector);
        }
    std::string all;
    for (const auto& query : question.queries) {
        for (const auto i : reference(metric, vectors, query, question.k)) all += shown(*met[i]);
        all += "--\n";
    }
    return all;
}

std::string got(const Index& index, const std::string& id) {
    const auto record = index.get(id);
    return record ? shown(*record) : "";
}

std::string got(const State& state, const std::string& id) {
    for (const auto& record : state)
        if (record->id == id) return shown(*record);
    return "";
}

class Run {
public:
    Run(Index index, std::uint64_t seed) : index_(std::move(index)), seed_(seed) {}

    /// False if something was wrong.
    bool operator()(const char* what, std::chrono::seconds time) {
        std::vector<std::thread> readers;
        for (std::size_t t = 0; t < threads; ++t) readers.emplace_back([this, t] { read(t); });
        readers.emplace_back([this] { build(); });
        const auto end = std::chrono::steady_clock::now() + time;
        Random random(seed_);
        while (std::chrono::steady_clock::now() < end && wrong_ == 0) write(random);
        done_ = true;
        for (auto& reader : readers) reader.join();
        std::printf("%s: %zu commits, %zu answers by %zu readers, %zu of them by walks, %zu graphs, %zu wrong\n", what, history_.completed(), answers_.load(), threads,
                    walks_.load(), graphs_.load(), wrong_.load());
        return wrong_ == 0 && answers_ > 0;
    }

private:
    void write(Random& random) {
        std::map<std::string, Record> changed;
        const bool removes = random.below(3) == 0;
        for (std::size_t n = 1 + random.below(random.below(10) == 0 ? 900 : 40); n > 0; --n) {
            const auto id = std::to_string(random.below(ids));
            changed.try_emplace(id, record(id, random.vector(dimensions), group_of(random.below(groups)), "of commit " + std::to_string(history_.completed())));
        }
        State next;
        std::vector<std::string> gone;
        std::vector<Record> put;
        for (const auto& old : state_) {
            const auto found = changed.find(old->id);
            if (found == changed.end()) next.push_back(old);
            else if (!removes) next.push_back(std::make_shared<Record>(found->second));
        }
        for (const auto& [id, record] : changed) (removes ? gone.push_back(id) : put.push_back(record));
        for (const auto& record : put)
            if (got(state_, record.id).empty()) next.push_back(std::make_shared<Record>(record));
        history_.begin(next);
        if (removes) (void)index_.remove(gone);
        else index_.upsert(put);
        history_.complete();
        state_ = std::move(next);
    }

    void build() {
        while (!done_ && wrong_ == 0) try {
                index_.build_graph({.m = 4, .ef_construction = 12, .threads = 2});
                if (index_.graph()) ++graphs_;
            } catch (const std::exception& error) {
                if (++wrong_ == 1) std::printf("%s\n", error.what());
            }
    }

    void read(std::size_t thread) {
        Random random(seed_ + 1 + thread);
        while (!done_ && wrong_ == 0) try {
                Question question{{random.vector(dimensions)}, 1 + random.below(12), random.below(2 * groups), random.below(2) == 0, std::to_string(random.below(ids))};
                question.group = std::min(question.group, groups);
                if (random.below(4) == 0) question.queries.push_back(random.vector(dimensions));
                const auto before = history_.completed();
                const bool asks_for_one = random.below(4) == 0;
                const auto seen = asks_for_one ? got(index_, question.id) : answer(index_, question);
                bool right = false;
                for (const auto& state : history_.since(before)) {
                    if (asks_for_one) right = right || seen == got(state, question.id);
                    else right = right || (question.walks ? could_answer(state, question, seen) : seen == answer(state, question));
                }
                if (question.walks && !asks_for_one) ++walks_;
                if (!right && ++wrong_ == 1) std::printf("no state between commit %zu and %zu answers\n%s", before, history_.completed(), seen.c_str());
                if (thread == 0 && random.below(500) == 0) index_.verify();
                ++answers_;
            } catch (const std::exception& error) {
                if (++wrong_ == 1) std::printf("%s\n", error.what());
            }
    }

    Index index_;
    std::uint64_t seed_;
    State state_;
    History history_;
    std::atomic<bool> done_{false};
    std::atomic<std::size_t> answers_{0}, walks_{0}, graphs_{0}, wrong_{0};
};

}  // namespace

int main(int argc, char** argv) {
    const auto options = hostile::read_options(argc, argv);
    const std::chrono::seconds each(options.seconds != 0 ? options.seconds : options.all ? 300 : 15);
    const TempFolder folder;
    bool right = Run(Index::create(folder / "an.sextant", space(dimensions, metric)), options.seed)("file", each);
    right = Run(Index::in_memory(space(dimensions, metric)), options.seed)("memory", each) && right;
    std::printf("%s\n", right ? "every answer was that of one state" : "WRONG");
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
