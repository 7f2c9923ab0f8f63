#include <sextant/store/embedding_cache.hpp>

#include <cstring>
#include <mutex>

#include <sextant/core/error.hpp>

#include "store/database.hpp"
#include "store/hash.hpp"
#include "store/new_file.hpp"

namespace sextant {
namespace {

using store::Checksum;
using store::Database;
using store::Statement;

constexpr std::int64_t application_id = 0x53657843;  // "SexC"
constexpr std::int64_t format_version = 1;
constexpr const char* table =
    "CREATE TABLE entries(encoder TEXT, content TEXT, tokens_total INTEGER, tokens_used INTEGER, vector BLOB, checksum BLOB, "
    "PRIMARY KEY(encoder, content)) WITHOUT ROWID";

void write_new(const std::string& path, const std::string& name) {
    const Database database(path, name, Database::Mode::shared);
    database.execute("PRAGMA journal_mode = WAL");
    database.execute("BEGIN");
    database.execute(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
    database.execute(("PRAGMA user_version = " + std::to_string(format_version)).c_str());
    database.execute(table);
    database.execute("COMMIT");
}

void check_format(const Database& database, const std::string& name) {
    const auto application = database.integer("PRAGMA application_id");
    const auto version = database.integer("PRAGMA user_version");
    if (application == application_id && version == format_version) return;
    throw Error(ErrorCode::incompatible,
                name + (application == application_id ? " is a cache of format version " + std::to_string(version) + "; this library reads version " +
                                                            std::to_string(format_version) + ": delete it, or use the library that made it"
                                                      : " is a SQLite database, but not a cache of embeddings: choose another name"));
}

/// What an entry says, as bytes under its checksum.
struct Entry {
    std::string_view encoder, content;
    std::int64_t tokens_total, tokens_used;
    std::span<const std::byte> vector;

    [[nodiscard]] Checksum checksum() const {
        return store::checksum_of({{"encoder", std::string(encoder)},
                                   {"content", std::string(content)},
                                   {"tokens", std::to_string(tokens_total) + " " + std::to_string(tokens_used)},
                                   {"vector", std::string(reinterpret_cast<const char*>(vector.data()), vector.size())}});
    }
};

bool is_sound(const Entry& entry, std::span<const std::byte> checksum) {
    const Checksum expected = entry.checksum();
    return entry.vector.size() % sizeof(float) == 0 && checksum.size() == sizeof(expected) &&
           std::memcmp(checksum.data(), &expected, sizeof(expected)) == 0;
}

}  // namespace

struct EmbeddingCache::Impl {
    Database database;
    mutable std::mutex turn;
    mutable Statement fetch;
    Statement put;

    explicit Impl(Database opened)
        : database(std::move(opened)),
          fetch(database.prepare("SELECT tokens_total, tokens_used, vector, checksum FROM entries WHERE encoder = ?1 AND content = ?2")),
          put(database.prepare("INSERT OR REPLACE INTO entries VALUES(?1, ?2, ?3, ?4, ?5, ?6)")) {}

    [[nodiscard]] Embedding find(std::string_view encoder, std::string_view content) const {
        Embedding found;
        fetch.bind(1, encoder).bind(2, content);
        if (fetch.step()) {
            const Entry entry{encoder, content, fetch.integer(0), fetch.integer(1), fetch.blob(2)};
            if (is_sound(entry, fetch.blob(3))) {
                found.vector.resize(entry.vector.size() / sizeof(float));
                std::memcpy(found.vector.data(), entry.vector.data(), entry.vector.size());
                found.info.tokens_total = static_cast<std::size_t>(entry.tokens_total);
                found.info.tokens_used = static_cast<std::size_t>(entry.tokens_used);
            }
        }
        fetch.reset();
        return found;
    }

    void insert(const Entry& entry) {
        const Checksum checksum = entry.checksum();
        put.bind(1, entry.encoder).bind(2, entry.content).bind(3, entry.tokens_total).bind(4, entry.tokens_used);
        put.bind(5, entry.vector).bind(6, std::as_bytes(std::span(&checksum, 1)));
        put.run();
    }
};

EmbeddingCache::EmbeddingCache(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EmbeddingCache::EmbeddingCache(EmbeddingCache&&) noexcept = default;
EmbeddingCache& EmbeddingCache::operator=(EmbeddingCache&&) noexcept = default;
EmbeddingCache::~EmbeddingCache() = default;

EmbeddingCache EmbeddingCache::open(const std::filesystem::path& path) {
    if (path.empty()) throw Error(ErrorCode::invalid_argument, "'' does not name a file for a cache of embeddings");
    std::error_code unknown;
    if (!std::filesystem::exists(path, unknown)) {
        try {
            store::make_new_file(path, [&](const std::string& made) { write_new(made, path.string()); });
        } catch (const Error&) {
            if (!std::filesystem::exists(path, unknown)) throw;  // else another program was faster
        }
    }
    Database database(path.string(), path.string(), Database::Mode::shared);
    check_format(database, path.string());
    return EmbeddingCache(std::make_unique<Impl>(std::move(database)));
}

std::vector<Embedding> EmbeddingCache::find(const Fingerprint& encoder, std::span<const std::string> contents) const {
    const std::lock_guard mine(impl_->turn);
    std::vector<Embedding> found;
    found.reserve(contents.size());
    for (const auto& content : contents) found.push_back(impl_->find(encoder.value, content));
    return found;
}

void EmbeddingCache::insert(const Fingerprint& encoder, std::span<const std::string> contents, const Embeddings& embeddings) {
    if (contents.size() != embeddings.size())
        throw Error(ErrorCode::invalid_argument, std::to_string(contents.size()) + " contents cannot have " + std::to_string(embeddings.size()) +
                                                     " vectors: give one name for each row");
    if (encoder.value.empty())
        throw Error(ErrorCode::invalid_argument, "an encoder without a fingerprint cannot be told from others: give Fingerprint::value a name");
    const std::lock_guard mine(impl_->turn);
    impl_->database.execute("BEGIN IMMEDIATE");
    try {
        for (std::size_t i = 0; i < contents.size(); ++i) {
            const auto& info = embeddings.info[i];
            impl_->insert({encoder.value, contents[i], static_cast<std::int64_t>(info.tokens_total), static_cast<std::int64_t>(info.tokens_used),
                           std::as_bytes(embeddings.row(i))});
        }
        impl_->database.execute("COMMIT");
    } catch (...) {
        if (!impl_->database.idle()) impl_->database.execute("ROLLBACK");
        throw;
    }
}

std::size_t EmbeddingCache::size() const {
    const std::lock_guard mine(impl_->turn);
    return static_cast<std::size_t>(impl_->database.integer("SELECT count(*) FROM entries"));
}

}  // namespace sextant
