#include "encode/workers.hpp"

#include <algorithm>
#include <exception>

namespace sextant::encode_detail {

struct Workers::Task {
    std::size_t jobs;
    const std::function<void(std::size_t)>& job;
    std::size_t next = 0;     ///< the first job that nobody has begun
    std::size_t running = 0;  ///< jobs begun and not ended
    std::exception_ptr failure = nullptr;
};

Workers::Workers(std::size_t threads) {
    for (std::size_t i = 1; i < threads; ++i) helpers_.emplace_back([this] { help(); });
}

Workers::~Workers() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    changed_.notify_all();
    for (auto& helper : helpers_) helper.join();
}

void Workers::help() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return closing_ || !tasks_.empty(); });
        if (closing_) return;
        work_on(*tasks_.front(), lock);
    }
}

/// Runs jobs of the task until none is left to begin.
void Workers::work_on(Task& task, std::unique_lock<std::mutex>& lock) {
    while (task.next < task.jobs) {
        const auto number = task.next++;
        if (task.next == task.jobs) std::erase(tasks_, &task);
        ++task.running;
        lock.unlock();
        std::exception_ptr failure;
        try {
            task.job(number);
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        --task.running;
        if (failure && !task.failure) {
            task.failure = failure;
            task.next = task.jobs;
            std::erase(tasks_, &task);
        }
    }
    if (task.running == 0) changed_.notify_all();
}

void Workers::run(std::size_t jobs, const std::function<void(std::size_t)>& job) {
    if (jobs == 0) return;
    Task task{jobs, job};
    std::unique_lock lock(mutex_);
    if (jobs > 1 && !helpers_.empty()) {
        tasks_.push_back(&task);
        changed_.notify_all();
    }
    work_on(task, lock);
    changed_.wait(lock, [&] { return task.running == 0; });
    if (task.failure) std::rethrow_exception(task.failure);
}

}  // namespace sextant::encode_detail
