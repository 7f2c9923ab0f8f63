#include "hostile/bombs.hpp"

using namespace std::string_literals;

namespace hostile {
namespace {

using make::Bytes;

struct Segment {
    std::size_t at;
    int marker;
    std::size_t length;  ///< as its field says; 0 if it has none
};

/// The segments of a sound file, and the entropy-coded data passed over.
std::vector<Segment> segments_of(const Bytes& bytes) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
    std::vector<Segment> segments;
    for (std::size_t at = 0; at + 1 < bytes.size(); ++at) {
        const int marker = byte(at + 1);
        if (byte(at) != 0xFF || marker == 0 || marker == 0xFF) continue;
        const bool alone = marker >= 0xD0 && marker <= 0xD9;
        const std::size_t length = alone ? 0 : byte(at + 2) * 256U + byte(at + 3);
        segments.push_back({at, marker, length});
        at += alone ? 1 : length + 1;
    }
    return segments;
}

/// Not a note.
bool needed(int marker) { return marker < 0xE0; }

/// Tables of Huffman codes or of arithmetic conditioning.
bool coding(int marker) { return marker == 0xC4 || marker == 0xCC; }

std::vector<std::pair<std::string, Bytes>> sound_files() {
    return {{"plain", make::jpeg(40, 24)},
            {"progressive", make::jpeg(40, 24, {.progressive = true})},
            {"arithmetic", make::jpeg(40, 24, {.arithmetic = true})},
            {"with restarts", make::jpeg(40, 24, {.restart_interval = 2})},
            {"YCCK", make::jpeg(40, 24, {.channels = 4, .ycck = true})}};
}

std::size_t frame_of(const Bytes& bytes) {
    for (const auto& segment : segments_of(bytes))
        if (segment.marker >= 0xC0 && segment.marker <= 0xCF && segment.marker != 0xC4 && segment.marker != 0xCC)
            return segment.at;
    return 0;
}

void cut(const Try& attempt) {
    for (const auto& [name, bytes] : sound_files())
        for (const auto& segment : segments_of(bytes)) {
            if (segment.marker == 0xD9) continue;  // all pixels are before it
            for (const std::size_t more : {2, 3, 6})
                attempt("JPEG " + name + " cut " + std::to_string(more) + " bytes after the marker at " +
                            std::to_string(segment.at),
                        bytes.substr(0, segment.at + more), Fate::refused);
        }
}

void wrong_lengths(const Try& attempt) {
    for (const auto& [name, bytes] : sound_files())
        for (const auto& segment : segments_of(bytes)) {
            if (segment.length == 0) continue;
            for (const std::uint32_t length : {0U, 1U, 2U, 0xFFFFU}) {
                // Too short a note is no harm, nor are missing Huffman tables, for which there are usual ones.
                const bool fatal = length > 2 || (needed(segment.marker) && !(length == 2 && coding(segment.marker)));
                const Fate fate = fatal ? Fate::refused : Fate::either;
                attempt("JPEG " + name + " with a segment at " + std::to_string(segment.at) + " that claims " +
                            std::to_string(length) + " bytes",
                        overwritten(bytes, segment.at + 2, make::big_endian(length, 2)), fate);
            }
        }
}

void frames(const Try& attempt) {
    for (const auto& [name, bytes] : sound_files()) {
        const auto frame = frame_of(bytes);
        const auto sized = [&, file = bytes](std::uint32_t width, std::uint32_t height) {
            return overwritten(file, frame + 5, make::big_endian(height, 2) + make::big_endian(width, 2));
        };
        for (const auto& [width, height] : {std::pair{0U, 9U},
                                            {9U, 0U},
                                            {65'535U, 65'535U},
                                            {65'500U, 65'500U},
                                            {65'535U, 1U},
                                            {1U, 65'535U},
                                            {32'768U, 32'768U},
                                            {9'000U, 9'000U}})
            attempt("JPEG " + name + " of " + text({width, height}), sized(width, height), Fate::refused);
        if (name != "arithmetic")
            attempt("JPEG " + name + " of 8000 x 8000 and no data", sized(8'000, 8'000), Fate::refused);
        for (const int precision : {0, 1, 7, 9, 12, 16, 255})
            attempt("JPEG " + name + " of " + std::to_string(precision) + " bits",
                    overwritten(bytes, frame + 4, std::string(1, static_cast<char>(precision))), Fate::refused);
        for (const int components : {0, 2, 5, 10, 255})
            attempt("JPEG " + name + " of " + std::to_string(components) + " components",
                    overwritten(bytes, frame + 9, std::string(1, static_cast<char>(components))), Fate::refused);
        for (const int factors : {0x00, 0x01, 0x10, 0x51, 0x15, 0xFF})
            attempt("JPEG " + name + " with sampling factors " + std::to_string(factors),
                    overwritten(bytes, frame + 11, std::string(1, static_cast<char>(factors))), Fate::refused);
        for (const int kind : {0xC3, 0xC5, 0xC6, 0xC7, 0xC8, 0xCB, 0xCD, 0xCE, 0xCF})
            attempt("JPEG " + name + " of frame type " + std::to_string(kind),
                    overwritten(bytes, frame + 1, std::string(1, static_cast<char>(kind))), Fate::refused);
    }
}

/// Files that lack a segment, or have one twice, or in the wrong order.
void orders(const Try& attempt) {
    const auto bytes = make::jpeg(40, 24);
    for (const auto& segment : segments_of(bytes)) {
        if (segment.length == 0) continue;
        const auto whole = bytes.substr(segment.at, segment.length + 2);
        const auto rest = bytes.substr(segment.at + whole.size());
        const bool frame = segment.marker == 0xC0, scan = segment.marker == 0xDA;
        attempt("JPEG without the segment at " + std::to_string(segment.at), bytes.substr(0, segment.at) + rest,
                needed(segment.marker) && !coding(segment.marker) ? Fate::refused : Fate::either);
        attempt("JPEG with the segment at " + std::to_string(segment.at) + " twice",
                bytes.substr(0, segment.at) + whole + whole + rest, frame || scan ? Fate::refused : Fate::either);
    }
    attempt("JPEG that ends at once", "\xFF\xD8\xFF\xD9"s, Fate::refused);
    attempt("JPEG that begins twice", "\xFF\xD8"s + bytes, Fate::refused);
    attempt("JPEG of fill bytes", "\xFF\xD8"s + Bytes(1'000'000, '\xFF'), Fate::refused);
    attempt("JPEG of zeros", "\xFF\xD8\xFF\xE0"s + Bytes(1'000'000, '\0'), Fate::refused);
    attempt(
        "JPEG of a million restart markers",
        "\xFF\xD8\xFF"s +
            [] {
                Bytes markers;
                for (int i = 0; i < 1'000'000; ++i) markers += "\xD0\xFF";
                return markers;
            }(),
        Fate::refused);
}

void scans(const Try& attempt) {
    auto bytes = make::jpeg(16, 16, {.channels = 1, .many_scans = true});
    attempt("JPEG of 127 scans", bytes, Fate::refused);
    bytes = overwritten(bytes, frame_of(bytes) + 5, make::big_endian(8'000, 2) + make::big_endian(8'000, 2));
    const auto last = bytes.rfind("\xFF\xDA");
    const auto scan = bytes.substr(last, bytes.size() - 2 - last);
    for (const int count : {101, 1'000, 10'000, 100'000}) {
        Bytes repeated;
        for (int i = 0; i < count; ++i) repeated += scan;
        attempt("JPEG of 8000 x 8000 and " + std::to_string(count) + " scans more",
                bytes.substr(0, last) + repeated + "\xFF\xD9", Fate::refused);
    }
}

void notes(const Try& attempt) {
    const auto bytes = make::jpeg(40, 24);
    Bytes profile = bytes;
    for (int i = 0; i < 100; ++i)
        profile =
            make::with_segment(profile, 0xE2, "ICC_PROFILE\0"s + static_cast<char>(i) + "\xFF" + Bytes(65'000, 'p'));
    attempt("JPEG with a profile of 6 MB", profile, Fate::either);
    attempt("JPEG with a comment of 64 KB", make::with_segment(bytes, 0xFE, Bytes(65'533, 'c')), Fate::either);
    Bytes entries = "II*\0\x08\0\0\0\xFF\xFF"s;
    for (int i = 0; i < 5'000; ++i) entries += "\x13\x01\x03\0\1\0\0\0\6\0\0\0"s;
    attempt("JPEG with an EXIF block of 65535 entries", make::with_segment(bytes, 0xE1, "Exif\0\0"s + entries),
            Fate::either);
    attempt("JPEG with an EXIF block that points at itself",
            make::with_segment(bytes, 0xE1, "Exif\0\0MM\0*\0\0\0\x04"s), Fate::either);
}

}  // namespace

void jpeg_bombs(const Try& attempt) {
    cut(attempt);
    wrong_lengths(attempt);
    frames(attempt);
    orders(attempt);
    scans(attempt);
    notes(attempt);
}

}  // namespace hostile
