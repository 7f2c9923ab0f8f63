#include "model/archive.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <zlib.h>

#include <sextant/core/error.hpp>

#include "model/code_shape.hpp"
#include "model/pickle_check.hpp"

namespace sextant::model_detail {
namespace {

constexpr std::uint64_t most_unfolded = std::uint64_t{64} << 20;
constexpr std::uint32_t local_signature = 0x04034B50, central_signature = 0x02014B50, end_signature = 0x06054B50,
                        wide_end_signature = 0x06064B50, wide_locator_signature = 0x07064B50;
constexpr std::size_t local_size = 30, central_size = 46, end_size = 22, wide_end_size = 56, wide_locator_size = 20;
constexpr std::uint16_t wide_extra = 1, encrypted = 1;
constexpr std::uint16_t stored = 0, deflated = 8;

struct Entry {
    std::string_view name;
    std::uint16_t method = 0;
    std::uint64_t packed = 0, size = 0;
    std::uint64_t at = 0;  ///< of its local header
    std::span<const std::byte> data;
};

/// Little-endian numbers at places that are checked.
class Bytes {
public:
    Bytes(std::span<const std::byte> bytes, std::string_view name) : bytes_(bytes), name_(name) {}

    [[noreturn]] void refuse(const std::string& what, ErrorCode code = ErrorCode::corrupt) const {
        throw Error(code, std::string(name_) + " is not a TorchScript archive as exporters write it: " + what + ": export the model again");
    }
    [[nodiscard]] std::span<const std::byte> part(std::uint64_t at, std::uint64_t size, const char* what) const {
        if (at > bytes_.size() || size > bytes_.size() - at)
            refuse(std::string(what) + " of " + std::to_string(size) + " bytes at byte " + std::to_string(at) + " goes past its end, which is at " +
                   std::to_string(bytes_.size()));
        return bytes_.subspan(at, size);
    }
    template <class Number>
    [[nodiscard]] Number number(std::uint64_t at) const {
        Number value = 0;
        std::memcpy(&value, part(at, sizeof value, "a number").data(), sizeof value);
        return value;
    }
    [[nodiscard]] std::string_view text(std::uint64_t at, std::uint64_t size) const {
        return {reinterpret_cast<const char*>(part(at, size, "a name").data()), size};
    }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }

private:
    std::span<const std::byte> bytes_;
    std::string_view name_;
};

struct Directory {
    std::uint64_t at = 0, entries = 0, size = 0;
};

/// The record at the end, which exporters write without a comment.
Directory find_directory(const Bytes& bytes) {
    if (bytes.size() < end_size || bytes.number<std::uint32_t>(0) != local_signature || bytes.number<std::uint32_t>(bytes.size() - end_size) != end_signature)
        bytes.refuse("it does not begin and end like a zip file");
    const std::uint64_t end = bytes.size() - end_size;
    Directory directory{bytes.number<std::uint32_t>(end + 16), bytes.number<std::uint16_t>(end + 10), bytes.number<std::uint32_t>(end + 12)};
    const bool wide = end >= wide_locator_size && bytes.number<std::uint32_t>(end - wide_locator_size) == wide_locator_signature;
    if (wide) {
        const auto at = bytes.number<std::uint64_t>(end - wide_locator_size + 8);
        (void)bytes.part(at, wide_end_size, "its end record");
        if (bytes.number<std::uint32_t>(at) != wide_end_signature) bytes.refuse("its end record is missing");
        const Directory narrow = directory;
        directory = {bytes.number<std::uint64_t>(at + 48), bytes.number<std::uint64_t>(at + 32), bytes.number<std::uint64_t>(at + 40)};
        const auto agree = [](std::uint64_t small, std::uint64_t large, std::uint64_t unfit) { return small == large || small == unfit; };
        if (!agree(narrow.at, directory.at, 0xFFFFFFFF) || !agree(narrow.entries, directory.entries, 0xFFFF) || !agree(narrow.size, directory.size, 0xFFFFFFFF))
            bytes.refuse("its two end records differ");
    }
    (void)bytes.part(directory.at, directory.size, "its directory");
    return directory;
}

/// Numbers that did not fit 32 bits stand in an extra field, in this order.
void read_wide(const Bytes& bytes, std::uint64_t at, std::uint16_t length, Entry& entry) {
    for (const std::uint64_t end = at + length; at + 4 <= end;) {
        const auto id = bytes.number<std::uint16_t>(at), size = bytes.number<std::uint16_t>(at + 2);
        at += 4;
        if (id == wide_extra) {
            std::uint64_t next = at;
            for (auto* value : {&entry.size, &entry.packed, &entry.at}) {
                if (*value != std::numeric_limits<std::uint32_t>::max()) continue;
                if (next + 8 > at + size) bytes.refuse("a size is missing");
                *value = bytes.number<std::uint64_t>(next);
                next += 8;
            }
        }
        at += size;
    }
}

Entry read_entry(const Bytes& bytes, std::uint64_t& at) {
    (void)bytes.part(at, central_size, "its directory");
    if (bytes.number<std::uint32_t>(at) != central_signature) bytes.refuse("its directory is damaged");
    const auto name = bytes.number<std::uint16_t>(at + 28), extra = bytes.number<std::uint16_t>(at + 30), comment = bytes.number<std::uint16_t>(at + 32);
    Entry entry;
    entry.name = bytes.text(at + central_size, name);
    entry.method = bytes.number<std::uint16_t>(at + 10);
    entry.packed = bytes.number<std::uint32_t>(at + 20);
    entry.size = bytes.number<std::uint32_t>(at + 24);
    entry.at = bytes.number<std::uint32_t>(at + 42);
    if ((bytes.number<std::uint16_t>(at + 8) & encrypted) != 0) bytes.refuse("an entry is encrypted");
    read_wide(bytes, at + central_size + name, extra, entry);
    at += central_size + name + std::uint64_t{extra} + comment;

    (void)bytes.part(entry.at, local_size, "an entry");
    const auto local_name = bytes.number<std::uint16_t>(entry.at + 26), local_extra = bytes.number<std::uint16_t>(entry.at + 28);
    if (bytes.number<std::uint32_t>(entry.at) != local_signature || bytes.text(entry.at + local_size, local_name) != entry.name ||
        bytes.number<std::uint16_t>(entry.at + 8) != entry.method)
        bytes.refuse("an entry is not what its directory says");
    entry.data = bytes.part(entry.at + local_size + local_name + local_extra, entry.packed, "an entry");
    if (entry.method == stored ? entry.packed != entry.size : entry.method != deflated)
        bytes.refuse("an entry of " + std::to_string(entry.packed) + " bytes says that it unfolds to " + std::to_string(entry.size));
    return entry;
}

void check_name(const Bytes& bytes, std::string_view name, std::string_view folder) {
    const bool bad = name.empty() || !name.starts_with(folder) || name.find('\\') != name.npos || name.find('\0') != name.npos ||
                     ("/" + std::string(name) + "/").find("/../") != std::string::npos;
    if (bad) bytes.refuse("an entry's name leaves its folder");
}

/// libtorch finds entries whatever the case of their letters.
std::string in_small_letters(std::string_view name) {
    std::string small(name);
    for (char& c : small)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return small;
}

std::vector<Entry> read_entries(const Bytes& bytes) {
    const auto directory = find_directory(bytes);
    if (directory.entries > directory.size / central_size) bytes.refuse("its directory is too short");
    std::vector<Entry> entries;
    std::uint64_t at = directory.at, unfolded = 0;
    for (std::uint64_t i = 0; i < directory.entries; ++i) entries.push_back(read_entry(bytes, at));
    if (entries.empty() || at != directory.at + directory.size) bytes.refuse("its directory is damaged");
    const auto folder = entries.front().name.substr(0, entries.front().name.find('/') + 1);
    if (folder.size() < 2) bytes.refuse("its entries lie in no folder");
    std::set<std::string> names;
    for (const auto& entry : entries) {
        check_name(bytes, entry.name, folder);
        if (!names.insert(in_small_letters(entry.name)).second) bytes.refuse("two entries have one name");
        if (entry.method == stored) continue;
        if (entry.size > most_unfolded || (unfolded += entry.size) > most_unfolded)
            bytes.refuse("it unfolds to more than " + std::to_string(most_unfolded) + " bytes", ErrorCode::limit);
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.at < b.at; });
    for (std::size_t i = 1; i < entries.size(); ++i)
        if (entries[i - 1].data.data() + entries[i - 1].data.size() > bytes.part(entries[i].at, 0, "an entry").data()) bytes.refuse("entries overlap");
    return entries;
}

std::string unfold(const Bytes& bytes, const Entry& entry) {
    if (entry.method == stored) return {reinterpret_cast<const char*>(entry.data.data()), entry.data.size()};
    std::string text(entry.size, '\0');
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(entry.data.data()));
    stream.avail_in = static_cast<uInt>(entry.data.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    const int result = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    if (result != Z_STREAM_END || stream.avail_out != 0 || stream.avail_in != 0) bytes.refuse("an entry does not unfold to what it says");
    return text;
}

struct Word {
    std::string_view word, what;
};
constexpr std::array<Word, 16> refused = {{{"save", "writes files"},
                                           {"from_file", "reads files"},
                                           {"print", "writes to the terminal"},
                                           {"Print", "writes to the terminal"},
                                           {"warn", "writes to the terminal"},
                                           {"__setstate__", "runs while it is loaded"},
                                           {"classes", "calls libraries beside torch's own"},
                                           {"fork", "starts threads"},
                                           {"rpc_sync", "calls other computers"},
                                           {"rpc_async", "calls other computers"},
                                           {"rpc_remote", "calls other computers"},
                                           {"profiler", "calls libraries beside torch's own"},
                                           {"for", "loops, maybe for ever"},
                                           {"while", "loops, maybe for ever"},
                                           {"awaitable", "starts threads"},
                                           {"manual_seed", "changes the random numbers of the whole program"}}};

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

/// What a word does that no arithmetic does; empty if nothing. A word may follow a number without a blank.
std::string_view harm(std::string_view word) {
    const bool numbered = word.front() >= '0' && word.front() <= '9';
    for (const auto& [bad, what] : refused)
        if (word == bad || (numbered && word.ends_with(bad))) return what;
    return {};
}

/// `ops.NAME.` begins a call of a library; torch's own are these. As part of a path, behind a dot, it is a name like others.
bool calls_foreign_library(std::string_view code, std::size_t at) {
    if (at > 0 && code[at - 1] == '.') return false;
    const auto rest = code.substr(at);
    return !rest.starts_with("ops.prim.") && !rest.starts_with("ops.aten.");
}

CodeShape check_code(std::string_view code, const Entry& entry, std::string_view name) {
    const auto refuse = [&](const std::string& word, std::string_view what) {
        throw Error(ErrorCode::model, std::string(name) + ": the network's code has the word '" + word + "', which " + std::string(what) + " (" +
                                          std::string(entry.name.substr(0, 200)) +
                                          "): export a traced network, or, if you would run any program of its author, load it with load_any_torchscript");
    };
    for (std::size_t i = 0; i < code.size();) {
        if (!is_word(code[i])) {
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < code.size() && is_word(code[end])) ++end;
        const auto word = code.substr(i, end - i);
        if (const auto what = harm(word); !what.empty()) refuse(std::string(word.substr(0, 40)), what);
        if (word == "ops" && calls_foreign_library(code, i)) refuse(std::string(code.substr(i, 40)), "calls libraries beside torch's own");
        i = end;
    }
    return check_code_shape(code, std::string(name) + " (" + std::string(entry.name.substr(0, 200)) + ")");
}

/// What `data.pkl` and `constants.pkl` say lies in other entries must be there. (The inputs that a network was traced with,
/// which exporters leave out, are not loaded.)
void check_stored(const std::vector<StoredNumbers>& promised, const std::string& pickle, const std::vector<Entry>& entries, const Bytes& archive) {
    const auto folder = pickle.substr(0, pickle.size() - std::string_view(".pkl").size()) + "/";
    if (folder.ends_with("/traced_inputs/")) return;
    std::unordered_map<std::string, std::uint64_t> sizes;
    for (const auto& entry : entries) sizes[in_small_letters(entry.name)] = entry.size;
    for (const auto& [key, bytes] : promised) {
        const auto found = sizes.find(folder + in_small_letters(key));
        const auto there = found == sizes.end() ? 0 : found->second;
        if (there < bytes)
            archive.refuse("its weights '" + key.substr(0, 100) + "' are said to have " + std::to_string(bytes) + " bytes; there are " + std::to_string(there));
    }
}

}  // namespace

void check_archive(std::span<const std::byte> bytes, std::string_view name) {
    const Bytes archive(bytes, name);
    constexpr std::size_t most_functions = 500;  // exporters write none; each may call the one before
    bool any = false;
    std::size_t functions = 0;
    const auto entries = read_entries(archive);
    for (const auto& entry : entries) {
        const auto small = in_small_letters(entry.name);
        if (small.ends_with("/model.json")) archive.refuse("it has a model.json, as only PyTorch before 1.2 wrote it");
        const bool code = small.ends_with(".py"), pickle = small.ends_with("pkl");
        if ((code || pickle) && entry.size > most_unfolded) archive.refuse("an entry of code is longer than " + std::to_string(most_unfolded) + " bytes", ErrorCode::limit);
        if (code) functions += check_code(unfold(archive, entry), entry, name).functions;
        if (functions > most_functions) archive.refuse("it has more than " + std::to_string(most_functions) + " functions of no class", ErrorCode::model);
        if (pickle) check_stored(check_pickle(unfold(archive, entry), std::string(name) + " (" + std::string(entry.name.substr(0, 200)) + ")").stored, small, entries, archive);
        any = any || code;
    }
    if (!any) archive.refuse("it holds no code");
}

}  // namespace sextant::model_detail
