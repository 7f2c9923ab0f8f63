// Kills a process that makes, fills, reads, and closes an index, at random moments, again and again on the same file; now
// and then also one that opens what the first has left. After each kill the file must hold exactly what was acknowledged,
// and of the batch that was under way all or nothing.
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <set>
#include <thread>

#include <sys/wait.h>

#include "hostile/model.hpp"
#include "hostile/options.hpp"

namespace {

using hostile::Batch;
using hostile::Model;
using sextant::Index;

constexpr std::size_t dimensions = 16;
constexpr std::size_t ids = 200;
constexpr std::uintmax_t frame = 16'384 + 24;  // a page in the log; a checkpoint is due after a thousand

/// What a child says it is about to do.
enum class Doing : std::uint64_t { opening, upserting, checkpointing, removing, reading, closing };
constexpr std::array<const char*, 6> doing_names = {"making or opening", "upserting", "upserting with a checkpoint", "removing", "reading all", "closing"};

struct Message {
    Doing doing = Doing::opening;
    std::uint64_t next = 0;  // the first batch that is not yet acknowledged
};

/// What batch number n does: a pure function of n, so that parent and child need not talk about it.
Batch make_batch(std::uint64_t n) {
    fixture::Random random(n * 7919 + 13);
    Batch batch;
    const bool removes = random.below(4) == 0, large = random.below(10) == 0;
    std::set<std::size_t> used;
    for (std::size_t count = 1 + random.below(large ? 80 : 20); count > 0; --count) {
        const auto which = random.below(ids);
        if (!used.insert(which).second) continue;
        const auto id = "id-" + std::to_string(which);
        if (removes) {
            batch.removals.push_back(id);
        } else {
            batch.upserts.push_back(fixture::record(id, random.vector(dimensions), "{\"batch\":" + std::to_string(n) + "}",
                                                    std::string(large ? 60'000 : random.below(100), 't')));
        }
    }
    return batch;
}

/// The life of a child: writes batches from `next` on, and says what it does and has done.
class Child {
public:
    Child(std::filesystem::path file, Model model, std::uint64_t next, int parent)
        : file_(std::move(file)), model_(std::move(model)), next_(next), parent_(parent) {}

    [[noreturn]] void write() {
        for (;;) {
            say(Doing::opening);
            std::optional<Index> index(std::filesystem::exists(file_) ? Index::open(file_) : Index::create(file_, fixture::space(dimensions)));
            for (auto n = next_ % 3 == 0 ? 400 : 25; n > 0; --n) {
                write_next(*index);
                if (next_ % 11 == 0) read_all();
            }
            say(Doing::closing);
            index.reset();
        }
    }

    /// Opens what a killed one has left: replays its log, and takes it away at the end.
    [[noreturn]] void look() {
        for (;;) {
            say(Doing::opening);
            std::optional<Index> index(Index::open(file_, {.read_only = true}));
            say(Doing::closing);
            index.reset();
        }
    }

private:
    void say(Doing doing) const {
        const Message message{doing, next_};
        if (::write(parent_, &message, sizeof(message)) != sizeof(message)) ::_exit(1);
    }

    void write_next(Index& index) {
        const auto batch = make_batch(next_);
        std::error_code none;
        const auto log = std::filesystem::file_size(file_.string() + "-wal", none);
        const bool due = !none && log > 900 * frame && log != log_;  // it does not shrink when it begins anew
        log_ = log;
        say(batch.upserts.empty() ? Doing::removing : due ? Doing::checkpointing : Doing::upserting);
        batch.write_to(index);
        batch.write_to(model_);
        ++next_;
    }

    /// As a copying program does, beside the writer.
    void read_all() const {
        say(Doing::reading);
        const auto reader = Index::open(file_, {.read_only = true});
        if (!hostile::holds(reader, model_)) throw std::runtime_error("one who reads beside the writer does not see what it acknowledged");
    }

    std::filesystem::path file_;
    Model model_;
    std::uint64_t next_;
    int parent_;
    std::uintmax_t log_ = 0;
};

/// Runs a child for this long, kills it, and returns what it said last.
template <class Live>
std::optional<Message> run_and_kill(Live&& live, std::chrono::microseconds time) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    const auto child = ::fork();
    if (child == 0) {
        try {
            ::close(ends[0]);
            live(ends[1]);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "child: %s\n", error.what());
        }
        ::_exit(3);
    }
    ::close(ends[1]);
    std::optional<Message> said;
    std::thread reader([&] {
        Message message;
        while (::read(ends[0], &message, sizeof(message)) == sizeof(message)) said = message;
    });
    std::this_thread::sleep_for(time);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    reader.join();
    ::close(ends[0]);
    if (!WIFSIGNALED(status)) throw std::runtime_error("the child ended by itself");
    return said;
}

/// The parent's side: what the file should hold, and what has come of the kills.
class Kills {
public:
    explicit Kills(std::uint64_t seed) : random_(seed) {}

    void kill_writer(bool anew) {
        if (anew) begin_anew();
        // Mostly short, so that kills hit all of a child's life; the longest reach several checkpoints.
        constexpr std::array<std::size_t, 4> longest = {6'000, 15'000, 40'000, 250'000};
        const auto time = random_.below(longest[anew ? 0 : random_.below(longest.size())]);
        const auto said = run_and_kill([&](int pipe) { Child(file_, model_, next_, pipe).write(); }, std::chrono::microseconds(time));
        count(said);
        for (const auto until = said ? said->next : next_; next_ < until; ++next_) make_batch(next_).write_to(model_);
    }

    void kill_reader() {
        if (!std::filesystem::exists(file_)) return;
        count(run_and_kill([&](int pipe) { Child(file_, model_, next_, pipe).look(); }, std::chrono::microseconds(random_.below(8'000))));
    }

    /// False if something was lost, or a batch was torn.
    bool look() {
        if (!std::filesystem::exists(file_)) {
            ++not_yet_made_;
            return next_ == 0;
        }
        const auto index = Index::open(file_);
        index.verify();
        if (hostile::holds(index, model_)) return true;
        make_batch(next_).write_to(model_);
        ++next_;
        ++in_flight_;
        return hostile::holds(index, model_);
    }

    [[nodiscard]] std::size_t done() const { return kills_; }

    void print(std::uint64_t seed, bool sound) const {
        std::printf("kills while");
        for (std::size_t i = 0; i < doing_names.size(); ++i) std::printf("%s %s: %zu", i == 0 ? "" : ",", doing_names[i], hit_[i]);
        std::printf("; before the file was there: %zu\n", not_yet_made_);
        std::printf("index_kill: %zu kills, seed %llu: %llu batches acknowledged or found whole, %zu of them in flight, %s lost or torn\n", kills_,
                    static_cast<unsigned long long>(seed), static_cast<unsigned long long>(total_ + next_), in_flight_, sound ? "0" : "1");
    }

private:
    void begin_anew() {
        for (const auto& name : fixture::names(folder_)) std::filesystem::remove(folder_ / name);  // drafts of killed makers too
        model_.clear();
        total_ += next_;
        next_ = 0;
    }

    void count(const std::optional<Message>& said) {
        ++kills_;
        ++hit_[static_cast<std::size_t>(said ? said->doing : Doing::opening)];
    }

    fixture::Random random_;
    TempFolder folder_;
    std::filesystem::path file_ = folder_ / "killed.sextant";
    Model model_;
    std::uint64_t next_ = 0, total_ = 0;
    std::size_t kills_ = 0, in_flight_ = 0, not_yet_made_ = 0;
    std::array<std::size_t, doing_names.size()> hit_{};
};

}  // namespace

int main(int argc, char** argv) try {
    const auto options = hostile::read_options(argc, argv);
    const std::size_t wanted = options.count > 0 ? options.count : options.all ? 10'000 : 300;
    Kills kills(options.seed);
    bool sound = true;
    for (std::size_t n = 0; sound && kills.done() < wanted; ++n) {
        kills.kill_writer(n % 10 == 3);
        if (n % 3 == 1) kills.kill_reader();  // before anyone has taken the log away
        sound = kills.look();
    }
    kills.print(options.seed, sound);
    return sound ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "index_kill: %s\n", error.what());
    return 2;
}
