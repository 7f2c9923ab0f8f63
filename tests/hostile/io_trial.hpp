// One run of what an index does, on a file system where a call fails, and what may come of that.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sextant/core/error.hpp>

#include "hostile/faulty_vfs.hpp"
#include "hostile/model.hpp"

namespace hostile {

inline constexpr std::size_t io_dimensions = 6;

/// What lies on the disk when a trial begins.
struct Disk {
    std::string file, log;  // no file if empty
    Model model;
};

struct Plan {
    Fault fault = Fault::read_error;
    std::size_t call = 1;
    bool lasting = false;
};

class Trial {
public:
    Trial(const Disk& disk, const Plan& plan) : path(folder_ / "an.sextant"), plan_(plan), model_(disk.model) {
        if (!disk.file.empty()) write_file(path, disk.file);
        if (!disk.log.empty()) write_file(path.string() + "-wal", disk.log);
    }

    /// From here on calls fail as planned.
    void begin() const { arm(plan_.fault, plan_.call, plan_.lasting); }
    /// For those who make the file: it may be missing if they fail.
    void may_be_missing() { may_be_missing_ = true; }
    [[nodiscard]] bool first_sync_fails() const { return plan_.fault == Fault::sync && plan_.call == 1; }

    [[nodiscard]] bool reads_short() const { return plan_.fault == Fault::short_read; }

    /// True if it was done; else it must have failed as it should.
    template <class Action>
    bool attempt(Action&& action) {
        failed_with_.reset();
        try {
            action();
            return true;
        } catch (const sextant::Error& error) {
            failed_with_ = error.code();
            ++errors_;
            // Half a page of zeros is damage, wherever it comes from.
            const bool fits = error.code() == sextant::ErrorCode::io ||
                              (plan_.fault == Fault::short_read && error.code() == sextant::ErrorCode::corrupt);
            if (!fits) fault(std::string("an error of the wrong kind: ") + std::string(to_string(error.code())) + ": " + error.what());
        } catch (const std::exception& error) {
            fault(std::string("a foreign exception: ") + error.what());
        }
        return false;
    }

    /// Compares all answers with what they should be. What failed is asked again when nothing fails any more.
    void ask(const sextant::Index& index) {
        const auto look = [&] { require(answers_as(index, model_), "a wrong answer"); };
        if (attempt(look)) return;
        const Lifted lifted;
        const bool answered = attempt(look);
        require(answered || plan_.fault == Fault::short_read, "no answer after the fault had passed");
    }

    /// False if it failed: then nothing has changed, and no more is written.
    bool write(sextant::Index& index, const Batch& batch) {
        auto next = model_;
        batch.write_to(next);
        if (attempt([&] { batch.write_to(index); })) {
            model_ = std::move(next);
            return true;
        }
        pending_ = std::move(next);
        const bool refuses = failed_with_ == sextant::ErrorCode::io;
        ask(index);
        const Lifted lifted;
        if (refuses && !attempt([&] { index.upsert(std::vector{fixture::record("late", {1, 1, 1, 1, 1, 1})}); })) return false;
        require(!refuses, "a write after one that failed was not refused");
        return false;
    }

    /// Of what was to be made of the file as it is: complete if it was reported as made, else not there at all.
    void look_at_copy(const std::filesystem::path& copy, bool made) {
        const Lifted lifted;
        require(std::filesystem::exists(copy) == made, made ? "a copy was reported, and there is none" : "part of a copy");
        if (!made) return;
        try {
            const auto index = sextant::Index::open(copy);
            index.verify();
            require(holds(index, model_), "the copy is another");
        } catch (const std::exception& error) {
            fault(std::string("the copy: ") + error.what());
        }
        std::filesystem::remove(copy);
    }

    /// Once all that used the file is gone, and nothing fails any more.
    void look_at_file() {
        if (may_be_missing_ && !std::filesystem::exists(path)) return;
        try {
            {
                const auto index = sextant::Index::open(path);
                index.verify();
                require(holds(index, model_) || (pending_ && holds(index, *pending_)), "lost or torn");
            }
            for (const auto& name : fixture::names(folder_)) require(name == "an.sextant", ("left over: " + name).c_str());
        } catch (const std::exception& error) {
            fault(std::string("afterwards: ") + error.what());
        }
    }

    void require(bool right, const char* what) {
        if (!right) fault(what);
    }
    [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }
    [[nodiscard]] std::size_t errors() const { return errors_; }

private:
    void fault(std::string what) { faults_.push_back(std::move(what)); }

    [[nodiscard]] static bool answers_as(const sextant::Index& index, const Model& model) {
        auto memory = sextant::Index::in_memory(index.space());
        std::vector<sextant::Record> records;
        for (const auto& [id, record] : model) records.push_back(record);
        memory.upsert(records);
        const std::vector<float> query = {0.3F, -0.2F, 0.9F, 0.1F, -0.7F, 0.5F};
        const sextant::NearestOptions some{.k = 4}, met{.k = 20, .filter = sextant::field("n") >= 5};
        return holds(index, model) && fixture::same(index.nearest(query, some), memory.nearest(query, some)) &&
               fixture::same(index.nearest(query, met), memory.nearest(query, met));
    }

    TempFolder folder_;

public:
    const std::filesystem::path path;

private:
    Plan plan_;
    Model model_;                   // what was acknowledged
    std::optional<Model> pending_;  // what a write that failed would have made of it
    bool may_be_missing_ = false;
    std::optional<sextant::ErrorCode> failed_with_;
    std::size_t errors_ = 0;
    std::vector<std::string> faults_;
};

}  // namespace hostile
