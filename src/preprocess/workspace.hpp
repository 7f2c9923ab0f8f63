// Memory that calls of one transform take and give back.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "preprocess/interpolate.hpp"
#include "preprocess/native.hpp"
#include "preprocess/resample.hpp"

namespace sextant::preprocess_detail {

struct Workspace {
    resample_detail::Workspace resample;
    resample_detail::Buffer levels;  ///< the 8-bit canvas
    NativeWorkspace native;
    InterpolateWorkspace interpolate;
    std::vector<float> planes;  ///< the picture as floats
    std::vector<float> scaled;  ///< and resampled
    std::vector<float> cut;     ///< the canvas that is cut into patches

    [[nodiscard]] std::size_t bytes() const {
        return resample.bytes() + levels.bytes() + native.bytes() +
               sizeof(float) * (planes.capacity() + scaled.capacity() + cut.capacity() + interpolate.between.capacity());
    }
};

/// As many workspaces as calls have run at once, but for those that a huge picture has swollen. Any threads.
class WorkspacePool {
public:
    static constexpr std::size_t most_kept_bytes = std::size_t{64} << 20;

    [[nodiscard]] std::unique_ptr<Workspace> take() {
        const std::lock_guard lock(mutex_);
        if (idle_.empty()) {
            idle_.reserve(++made_);  // so that giving back never allocates
            return std::make_unique<Workspace>();
        }
        auto workspace = std::move(idle_.back());
        idle_.pop_back();
        return workspace;
    }

    void give_back(std::unique_ptr<Workspace> workspace) noexcept {
        if (workspace->bytes() > most_kept_bytes) return;
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(workspace));
    }

private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<Workspace>> idle_;
    std::size_t made_ = 0;
};

/// A workspace for the time of one call.
class Lease {
public:
    explicit Lease(WorkspacePool& pool) : pool_(pool), workspace_(pool.take()) {}
    ~Lease() { pool_.give_back(std::move(workspace_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    [[nodiscard]] Workspace& operator*() const { return *workspace_; }

private:
    WorkspacePool& pool_;
    std::unique_ptr<Workspace> workspace_;
};

}  // namespace sextant::preprocess_detail
