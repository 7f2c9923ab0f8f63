#include <sextant/media/folder.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <span>
#include <string_view>
#include <system_error>

#include <sextant/core/utf8.hpp>

#include "media/decode.hpp"
#include "media/kind.hpp"
#include "media/text.hpp"

namespace sextant {
namespace {

namespace fs = std::filesystem;

/// Names that say "picture", whether or not the kind is read: a folder of GIFs must not look like an empty one.
bool named_like_a_picture(const fs::path& path) {
    static constexpr std::array<std::string_view, 22> extensions{
        ".jpg", ".jpeg", ".jpe",  ".jfif", ".png", ".bmp",  ".dib",  ".pbm",  ".pgm",  ".ppm", ".pnm",
        ".tga", ".psd",  ".webp", ".gif",  ".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2", ".jxl"};
    std::string extension = path.extension().string();
    for (char& c : extension)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

/// SQLite loses the locks of a database that this process has open when anything else here closes one of its files
/// (https://sqlite.org/howtocorrupt.html, section 2.2), so they are not even looked into.
bool belongs_to_open_database(const fs::path& path) {
    const std::string name = path.string();
    for (const std::string_view ending : {"-wal", "-shm", "-journal"}) {
        std::error_code ignored;
        if (name.ends_with(ending) || fs::exists(name + std::string(ending), ignored)) return true;
    }
    return false;
}

bool begins_like_a_picture(const fs::path& path) {
    if (belongs_to_open_database(path)) return false;
    std::array<char, media::kind_bytes> bytes{};
    std::ifstream file(path, std::ios::binary);
    file.read(bytes.data(), bytes.size());
    const auto kind = media::kind_of(std::as_bytes(std::span(bytes)).first(static_cast<std::size_t>(file.gcount())));
    return kind.decoder != media::Decoder::none && kind.name != "TGA";
}

struct Entry {
    std::string id;
    fs::path path;
    std::string problem;
};

/// Lists one folder after the other; `pending` holds those still to be listed, as id prefix and path.
class Listing {
public:
    explicit Listing(const fs::path& root) : pending_{{"", root}} {
        while (!pending_.empty()) {
            const auto [prefix, folder] = pending_.back();
            pending_.pop_back();
            list(prefix, folder);
        }
        std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.id < b.id; });
    }

    [[nodiscard]] std::vector<Entry>& entries() { return entries_; }

private:
    void list(const std::string& prefix, const fs::path& folder) {
        std::error_code failed;
        for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed))
            add(prefix, *entry);
        if (!failed) return;
        const std::string why = "cannot list the folder: " + failed.message();
        if (prefix.empty()) throw Error(ErrorCode::io, folder.string() + ": " + why);
        entries_.push_back({shown(prefix), folder, why});
    }

    void add(const std::string& prefix, const fs::directory_entry& entry) {
        const std::string id = prefix + entry.path().filename().string();
        std::error_code failed;
        if (entry.is_directory(failed) && !entry.is_symlink(failed)) {
            pending_.emplace_back(id + '/', entry.path());
        } else if (named_like_a_picture(entry.path())) {
            // A link that leads nowhere is a picture that cannot be read.
            if (entry.is_regular_file(failed) || !entry.exists(failed)) add_picture(id, entry.path());
        } else if (entry.is_regular_file(failed) && begins_like_a_picture(entry.path())) {
            add_picture(id, entry.path());
        }
    }

    void add_picture(const std::string& id, const fs::path& path) {
        const bool speakable = !first_invalid_utf8(id);
        entries_.push_back(
            {shown(id), path, speakable ? "" : "the file name is not UTF-8, which an id must be: rename the file"});
    }

    static std::string shown(const std::string& id) { return first_invalid_utf8(id) ? media::ascii(id) : id; }

    std::vector<std::pair<std::string, fs::path>> pending_;
    std::vector<Entry> entries_;
};

fs::path checked_root(const fs::path& folder) {
    std::error_code failed;
    const auto status = fs::status(folder, failed);
    if (!fs::exists(status))
        throw Error(ErrorCode::not_found, folder.string() + ": there is no such folder" +
                                              (status.type() == fs::file_type::none ? ": " + failed.message() : ""));
    if (!fs::is_directory(status))
        throw Error(ErrorCode::invalid_argument,
                    folder.string() + ": is not a folder; read_image reads a single picture");
    auto root = fs::absolute(folder, failed);
    if (failed) throw Error(ErrorCode::io, folder.string() + ": " + failed.message());
    root = root.lexically_normal();
    if (first_invalid_utf8(root.string()))
        throw Error(
            ErrorCode::invalid_argument,
            media::ascii(root.string()) + ": the folder's path is not UTF-8, which payloads must be: rename it");
    return root;
}

}  // namespace

ImageFolder read_images(const fs::path& folder, const ReadOptions& options) {
    options.decode.validate();
    Listing listing(checked_root(folder));
    std::vector<ImageFolder::File> files;
    files.reserve(listing.entries().size());
    for (auto& [id, path, problem] : listing.entries())
        files.push_back({std::move(id), std::move(path), std::move(problem)});
    return {std::move(files), options};
}

ImageFolder::Iterator ImageFolder::begin() {
    next_ = 0;
    unreadable_.clear();
    advance();
    return Iterator(*this);
}

void ImageFolder::advance() {
    current_.reset();
    while (!current_ && next_ < files_.size()) current_ = read(files_[next_++]);
}

std::optional<Document> ImageFolder::read(const File& file) {
    try {
        if (!file.problem.empty()) throw Error(ErrorCode::io, file.id + ": " + file.problem);
        std::string payload = "{\"source\": " + media::json_string(file.path.string());
        if (const auto name = options_.decode.name(); name != DecodeOptions{}.name())
            payload += ", \"decode\": " + media::json_string(name);
        return Document{file.id, media::read_image_as(file.path, file.id, options_.decode), payload + "}"};
    } catch (const Error& error) {
        if (options_.strict) throw;
        const std::string_view message = error.what();
        unreadable_.emplace_back(file.id,
                                 message.substr(std::min(file.id.size() + 2, message.size())));  // "<id>: <reason>"
        return std::nullopt;
    }
}

}  // namespace sextant
