// Threads that an encoder keeps.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sextant::encode_detail {

/// Runs the jobs of any number of callers. They are kept as long as the encoder: libtorch's caches belong to threads.
class Workers {
public:
    /// `threads` counts the caller's own.
    explicit Workers(std::size_t threads);
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    [[nodiscard]] std::size_t threads() const noexcept { return helpers_.size() + 1; }

    /// Runs job(0) to job(jobs - 1), each once, here and on the workers that are free. After a job that throws no other
    /// is begun, and when all have ended the first exception is thrown. May be called by many threads at once.
    void run(std::size_t jobs, const std::function<void(std::size_t)>& job);

private:
    struct Task;
    void help();
    void work_on(Task& task, std::unique_lock<std::mutex>& lock);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task*> tasks_;  ///< that have jobs which nobody has begun
    bool closing_ = false;
    std::vector<std::thread> helpers_;
};

}  // namespace sextant::encode_detail
