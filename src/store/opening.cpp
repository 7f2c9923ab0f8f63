#include "store/opening.hpp"

#include <cstdint>
#include <system_error>

#include <unistd.h>

#include <sextant/core/error.hpp>

#include "store/record_view.hpp"

namespace sextant::store {

namespace fs = std::filesystem;

std::string name_of_existing(const fs::path& path) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (path.empty()) throw Error(ErrorCode::invalid_argument, "'' does not name a file");
    if (status.type() == fs::file_type::not_found)
        throw Error(ErrorCode::not_found, path.string() + " does not exist: create it first");
    if (status.type() != fs::file_type::regular)
        throw Error(ErrorCode::invalid_argument,
                    path.string() + " is not a file" + (error ? ": " + error.message() : ""));
    const auto result = fs::canonical(path, error);
    if (error) throw Error(ErrorCode::io, path.string() + ": " + error.message());
    return result.string();
}

Database open_for_reading(const std::string& path, const std::string& name) {
    Database database(path, name, Database::Mode::read);
    try {
        begin_snapshot(database);
        return database;
    } catch (const Error& error) {
        std::error_code ignored;
        const bool sealed =
            ::access(fs::path(path).parent_path().c_str(), W_OK) != 0 && !fs::exists(path + "-wal", ignored);
        if (error.code() != ErrorCode::io || !sealed) throw;
    }
    Database sealed(path, name, Database::Mode::immutable);
    begin_snapshot(sealed);
    return sealed;
}

void check_length(const Database& database, const std::string& path, const std::string& name) {
    std::error_code error;
    const auto log = fs::file_size(path + "-wal", error);
    if (!error && log > 0) return;
    const auto expected =
        static_cast<std::uintmax_t>(database.integer("PRAGMA page_count") * database.integer("PRAGMA page_size"));
    const auto found = fs::file_size(path, error);
    if (!error && found != expected)
        throw Error(ErrorCode::corrupt, name + " has " + std::to_string(found) + " bytes, but should have " +
                                            std::to_string(expected) +
                                            ": it was cut or added to; restore it from a copy, or build it again");
}

}  // namespace sextant::store
