// BMP, TGA and PSD through stb_image, which is kept on a short lead: the size is read and checked first, memory
// comes out of a budget, and a file that ends early is noticed, because stb goes on with zeros.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <string>

#include "media/decode.hpp"

namespace {

/// What the decode that runs on this thread may still allocate.
thread_local std::size_t stb_budget = 0;

/// Stands before each block, as large as the strictest alignment.
union StbBlock {
    std::size_t bytes;
    std::max_align_t aligned;
};

void* stb_malloc(std::size_t bytes) {
    if (bytes > stb_budget) return nullptr;
    auto* block = static_cast<StbBlock*>(std::malloc(sizeof(StbBlock) + bytes));
    if (block == nullptr) return nullptr;
    stb_budget -= bytes;
    block->bytes = bytes;
    return block + 1;
}

void stb_free(void* memory) {
    if (memory == nullptr) return;
    auto* block = static_cast<StbBlock*>(memory) - 1;
    stb_budget += block->bytes;
    std::free(block);
}

[[maybe_unused]] void* stb_realloc(void* memory, std::size_t bytes) {
    void* moved = stb_malloc(bytes);
    if (moved == nullptr || memory == nullptr) return moved;
    std::memcpy(moved, memory, std::min(bytes, (static_cast<StbBlock*>(memory) - 1)->bytes));
    stb_free(memory);
    return moved;
}

}  // namespace

#define STBI_MALLOC(bytes) stb_malloc(bytes)
#define STBI_REALLOC(memory, bytes) stb_realloc(memory, bytes)
#define STBI_FREE(memory) stb_free(memory)
#define STBI_ASSERT(condition) static_cast<void>(0)  // a library does not abort
#define STBI_NO_JPEG
#define STBI_NO_PNG
#define STBI_NO_GIF
#define STBI_NO_HDR
#define STBI_NO_PIC
#define STBI_NO_PNM
#define STBI_NO_LINEAR
#define STBI_NO_STDIO
#define STBI_MAX_DIMENSIONS (1 << 20)
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>

namespace sextant::media {
namespace {

/// Gives stb the bytes, and zeros after them, so that what it consumed can be told from what there is.
struct Feed {
    const std::uint8_t* bytes;
    std::size_t size;
    std::size_t given = 0;

    static int read(void* user, char* target, int count) {
        auto& feed = *static_cast<Feed*>(user);
        if (feed.given > feed.size) return 0;
        const auto wanted = static_cast<std::size_t>(count);
        const std::size_t real = std::min(wanted, feed.size - feed.given);
        std::memcpy(target, feed.bytes + feed.given, real);
        std::memset(target + real, 0, wanted - real);
        feed.given += wanted;
        return count;
    }
    static void skip(void* user, int count) {
        static_cast<Feed*>(user)->given += static_cast<std::size_t>(std::max(count, 0));
    }
    static int at_end(void* user) {
        const auto& feed = *static_cast<Feed*>(user);
        return feed.given >= feed.size ? 1 : 0;
    }
};

struct Free {
    void operator()(stbi_uc* pixels) const { stbi_image_free(pixels); }
};

std::string reason() {
    const char* text = stbi_failure_reason();
    return text == nullptr ? "no reason given" : text;
}

}  // namespace

Image decode_with_stb(const Source& source) {
    const std::string kind(source.kind);
    const auto damaged = [&](const std::string& why) {
        return source.error(ErrorCode::corrupt,
                            "the " + kind + " file is damaged or of a form that is not read: " + why);
    };
    check_form(source);
    if (source.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        throw source.error(ErrorCode::limit, "the file is larger than 2 GiB");
    stb_budget = 1 << 20;
    int width = 0, height = 0, channels = 0;
    if (stbi_info_from_memory(source.data(), static_cast<int>(source.size()), &width, &height, &channels) == 0)
        throw damaged(reason());
    // The height of a BMP is negative if its rows run downwards.
    const auto columns = static_cast<std::uint64_t>(std::max(width, 0));
    const auto rows = static_cast<std::uint64_t>(std::abs(std::int64_t{height}));
    source.check_size(columns, rows);
    const auto pixels = columns * rows;
    source.check_length(pixels / 64, columns, rows);  // the tightest packing is a run of 128 levels in 2 bytes

    stb_budget += static_cast<std::size_t>(pixels) * 16;
    Feed feed{source.data(), source.size()};
    stbi_io_callbacks callbacks{Feed::read, Feed::skip, Feed::at_end};
    stbi__context context;
    stbi__start_callbacks(&context, &callbacks, &feed);
    const auto& background = source.options.background;
    const NativeMode mode = mode_of_form(source);
    const bool blended = background && kind == "TGA", alpha = !background && mode == NativeMode::alpha;
    const std::unique_ptr<stbi_uc, Free> loaded(
        stbi__load_and_postprocess_8bit(&context, &width, &height, &channels, blended || alpha ? 4 : 3));
    const auto unread = static_cast<std::size_t>(context.img_buffer_end - context.img_buffer);
    if (feed.given > feed.size + unread)
        throw source.error(ErrorCode::corrupt, "the " + kind + " file is truncated: it ends at byte " +
                                                   std::to_string(source.size()) + ", before its last pixel");
    if (!loaded) throw damaged(reason());
    if (static_cast<std::uint64_t>(width) != columns || static_cast<std::uint64_t>(height) != rows)
        throw damaged("its size changed while it was read");

    Image image = empty_image(columns, rows);
    if (alpha) {
        set_mode(image, mode);
        for (std::uint64_t y = 0; y < rows; ++y) append_row_with_alpha(image, loaded.get() + y * columns * 4);
        return image;
    }
    if (mode == NativeMode::palette) {
        image.mode = mode;
        image.native = palette_of_form(source);
    }
    if (blended) blend(loaded.get(), static_cast<std::size_t>(pixels), *background);
    image.pixels.insert(image.pixels.end(), loaded.get(), loaded.get() + pixels * 3);
    return image;
}

}  // namespace sextant::media
