// The pictures of a folder, one after the other.
#pragma once

#include <cstddef>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sextant/core/item.hpp>
#include <sextant/media/image.hpp>

namespace sextant {

struct ReadOptions {
    DecodeOptions decode{};
    bool strict = false;  ///< throw at the first picture that cannot be read, instead of passing over it
};

/// An input range of `Document`s, one for each picture below a folder, in the byte order of their ids. A picture is
/// decoded when the loop reaches it and freed when the loop goes on, so that memory holds one at a time. The id is the
/// path below the folder, parts joined by '/'; the payload is `{"source": "<absolute path>"}`, with a member "decode"
/// that holds the `name()` of the options if they depart from the references, so that it can be decoded so again.
///
/// Pictures that cannot be read are passed over and listed in `unreadable()`. Each loop reads the files anew. One
/// thread at a time.
class ImageFolder {
public:
    /// A picture that was passed over: its id, and why.
    using Unreadable = std::pair<std::string, std::string>;

    class Iterator {
    public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = Document;
        using difference_type = std::ptrdiff_t;

        Iterator() = default;

        /// May be moved from.
        [[nodiscard]] Document& operator*() const { return *folder_->current_; }
        [[nodiscard]] Document* operator->() const { return &*folder_->current_; }
        Iterator& operator++() {
            folder_->advance();
            return *this;
        }
        void operator++(int) { ++*this; }
        [[nodiscard]] bool operator==(std::default_sentinel_t) const { return !folder_->current_; }

    private:
        friend class ImageFolder;
        explicit Iterator(ImageFolder& folder) : folder_(&folder) {}

        ImageFolder* folder_ = nullptr;
    };

    /// Starts over. Throws as `read_image` if `strict`.
    [[nodiscard]] Iterator begin();
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

    /// How many files there are to read, readable or not.
    [[nodiscard]] std::size_t files() const noexcept { return files_.size(); }

    /// What the present or the last loop has passed over so far, in the order of the ids.
    [[nodiscard]] const std::vector<Unreadable>& unreadable() const noexcept { return unreadable_; }

private:
    friend ImageFolder read_images(const std::filesystem::path& folder, const ReadOptions& options);

    struct File {
        std::string id;
        std::filesystem::path path;
        std::string problem;  ///< why it cannot be read, if that is known without reading it
    };

    ImageFolder(std::vector<File> files, const ReadOptions& options) : files_(std::move(files)), options_(options) {}

    void advance();
    [[nodiscard]] std::optional<Document> read(const File& file);

    std::vector<File> files_;
    ReadOptions options_;
    std::size_t next_ = 0;
    std::optional<Document> current_;
    std::vector<Unreadable> unreadable_;
};

/// The pictures in `folder` and the folders below it. These files count: those whose first bytes are of a kind that
/// `decode_image` reads (but for TGA, which has no signature), and those named like a picture (.jpg, .png, .webp, .gif,
/// ...), readable or not. Others are passed over in silence. Links to files are followed, links to folders are not.
///
/// Throws `not_found` or `invalid_argument` if `folder` is not there or is no folder, `io` if it cannot be read,
/// `invalid_argument` if its absolute path is not UTF-8.
[[nodiscard]] ImageFolder read_images(const std::filesystem::path& folder, const ReadOptions& options = {});

}  // namespace sextant
