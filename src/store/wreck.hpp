// A file of records that may be damaged, or of an older format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sextant/core/space.hpp>
#include <sextant/store/record.hpp>

#include "store/database.hpp"
#include "store/record_view.hpp"
#include "store/summary.hpp"

namespace sextant::store {

/// Reads row by row, so that what is damaged does not hide the rest. Neither the file nor its log is changed, also when it is
/// closed.
class Wreck {
public:
    /// Throws `not_found`, `incompatible`, or `corrupt` if there is nothing that could be read.
    explicit Wreck(const std::filesystem::path& path);

    [[nodiscard]] const std::vector<NamedSpace>& spaces() const noexcept { return summary_.spaces; }
    /// Whether what the file says of itself is damaged. Then no space has a fingerprint.
    [[nodiscard]] bool summary_damaged() const noexcept { return summary_.damaged; }
    /// How many rows the file says that it has, if that can be read.
    [[nodiscard]] std::optional<std::uint64_t> rows() const noexcept { return summary_.rows; }
    /// No row has this number or a higher one; nothing if the file's word cannot be trusted.
    [[nodiscard]] std::optional<std::uint64_t> end() const noexcept { return end_; }
    /// More rows than this find no place in the file.
    [[nodiscard]] std::uint64_t most_rows() const noexcept { return most_rows_; }
    /// The lowest number of a row above `number`; nothing if there is none. Throws `corrupt` where the file is damaged.
    [[nodiscard]] std::optional<std::uint64_t> next(std::uint64_t number);

    /// The row that has this number; nothing if there is none. Throws `corrupt` if it is damaged.
    [[nodiscard]] std::optional<Record> read(std::uint64_t number);
    /// Its id, if that can be read.
    [[nodiscard]] std::string id_of(std::uint64_t number);

private:
    [[nodiscard]] std::optional<Record> read_version_1(std::uint64_t number);

    std::string name_;
    Database database_;  // of an older file; else the view has it
    std::int64_t version_;
    DamagedSummary summary_;
    std::optional<RecordView> view_;
    std::optional<std::uint64_t> end_;
    std::uint64_t most_rows_;
    Statement fetch_, fetch_id_, fetch_next_;
};

}  // namespace sextant::store
