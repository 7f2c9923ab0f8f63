// Vectors that were computed before.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/core/embeddings.hpp>
#include <sextant/core/fingerprint.hpp>

namespace sextant {

/// Remembers in one SQLite file which vector an encoder made of which content, so that no content is encoded twice: not
/// by a second run over the same folder, and not after a run that was interrupted. Any number of encoders may share a
/// file, and any number of programs: writers take turns.
///
/// It is a cache. What is put in is not synced to the disk at once, and an entry whose bytes are damaged counts as not
/// there. It grows until somebody deletes the file, and vectors tell much of what they were made of: treat it like the
/// originals. The file is made with mode 0600.
///
/// Threads: all methods may be called by any threads at once. They wait for each other.
class EmbeddingCache {
public:
    /// Opens a cache, and makes it if there is none. Throws `incompatible` for another kind of file or another version,
    /// `corrupt` for a damaged one, and `io` if the system refuses.
    [[nodiscard]] static EmbeddingCache open(const std::filesystem::path& path);

    /// A row for each of `contents`, the names that the caller gives to what is encoded: a hash, say. Rows that are not
    /// known are empty. Throws `busy` if another program writes for more than ten seconds, `io`, or `corrupt`.
    [[nodiscard]] std::vector<Embedding> find(const Fingerprint& encoder, std::span<const std::string> contents) const;

    /// Remembers row i of `embeddings` as that of `contents[i]`: all of them, or none if it throws, which is as `find`;
    /// `invalid_argument` if the numbers of rows differ or if `encoder` has no value.
    void insert(const Fingerprint& encoder, std::span<const std::string> contents, const Embeddings& embeddings);

    /// How many vectors it holds, of all encoders.
    [[nodiscard]] std::size_t size() const;

    EmbeddingCache(EmbeddingCache&&) noexcept;
    EmbeddingCache& operator=(EmbeddingCache&&) noexcept;
    ~EmbeddingCache();

private:
    struct Impl;
    explicit EmbeddingCache(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sextant
