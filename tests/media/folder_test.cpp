// A folder of pictures is read one after the other; what cannot be read is passed over and named.
#include <sextant/media/folder.hpp>

#include <algorithm>
#include <ranges>

#include "make.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace sextant;
using namespace std::string_literals;

static_assert(std::ranges::input_range<ImageFolder>);

namespace {

make::Bytes dot(char level) { return make::png(1, 1, 8, 0, {make::Bytes(1, level)}); }

std::vector<std::string> ids(ImageFolder& folder) {
    std::vector<std::string> names;
    for (const auto& document : folder) names.push_back(document.id);
    return names;
}

std::vector<std::string> unreadable_ids(const ImageFolder& folder) {
    std::vector<std::string> names;
    for (const auto& [id, reason] : folder.unreadable()) names.push_back(id);
    return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("pictures come in the order of their ids, with where they came from", "[folder]") {
    const make::TemporaryFolder folder;
    folder.write("b.png", dot(2));
    folder.write("a/z.png", dot(1));
    folder.write("c/d/e.JPG", make::jpeg(3, 2));
    folder.write("no-extension", dot(4));
    folder.write("README.md", "# not a picture");
    folder.write("data.json", "{}");
    folder.write("notes.txt", "P6 is a kind of picture");
    folder.write("zeros.bin", make::Bytes(64, '\0'));

    auto images = read_images(folder.path());
    CHECK(images.files() == 4);
    CHECK(ids(images) == Names{"a/z.png", "b.png", "c/d/e.JPG", "no-extension"});
    CHECK(images.unreadable().empty());

    const auto first = images.begin();
    CHECK(first->item.image()->pixels == std::vector<std::uint8_t>{1, 1, 1});
    CHECK(first->payload == "{\"source\": \"" + (folder.path() / "a/z.png").string() + "\"}");

    const Document taken = std::move(*first);
    CHECK(taken.id == "a/z.png");
    CHECK(ids(images).size() == 4);  // each loop reads anew
}

TEST_CASE("pictures that cannot be read are passed over and named", "[folder]") {
    const make::TemporaryFolder folder;
    folder.write("1.png", dot(1));
    folder.write("2.tif", "II*\0\x01\x00"s);
    folder.write("3.jpg", make::jpeg(9, 9).substr(0, 300));
    folder.write("4.webp", "RIFF\x24\x00\x00\x00WEBP"s);
    folder.write("5.png", "");
    folder.write("6.jpeg", "this is a text");
    folder.write("7.png", dot(7));
    std::filesystem::create_symlink(folder.path() / "nowhere.png", folder.path() / "8.png");

    auto images = read_images(folder.path());
    CHECK(images.files() == 8);
    CHECK(ids(images) == Names{"1.png", "7.png"});
    REQUIRE(unreadable_ids(images) == Names{"2.tif", "3.jpg", "4.webp", "5.png", "6.jpeg", "8.png"});
    CHECK_THAT(images.unreadable()[0].second, ContainsSubstring("TIFF"));
    CHECK_THAT(images.unreadable()[1].second, ContainsSubstring("truncated"));
    CHECK_THAT(images.unreadable()[2].second, ContainsSubstring("WebP"));
    CHECK_THAT(images.unreadable()[3].second, ContainsSubstring("0 bytes"));
    CHECK_THAT(images.unreadable()[4].second, ContainsSubstring("not a picture"));
    CHECK_THAT(images.unreadable()[5].second, ContainsSubstring("No such file"));
    CHECK(images.unreadable()[0].second.find("2.tif") == std::string::npos);  // the id is not said twice

    CHECK(ids(images).size() == 2);
    CHECK(images.unreadable().size() == 6);  // of this loop, not of both

    auto strict = read_images(folder.path(), {.strict = true});
    expect_error(ErrorCode::unsupported, {"2.tif", "TIFF"}, [&] { (void)ids(strict); });

    auto small = read_images(folder.path(), {.decode = {.limits = {.max_file_bytes = 10}}});
    CHECK(ids(small).empty());
}

TEST_CASE("the files of an open database are not looked into", "[folder]") {
    const make::TemporaryFolder folder;
    for (const char* name : {"plain", "index", "index-shm", "old-wal"}) folder.write(name, dot(1));
    auto pictures = read_images(folder.path());
    CHECK(ids(pictures) == Names{"plain"});
}

TEST_CASE("links and odd names", "[folder]") {
    const make::TemporaryFolder folder;
    const auto target = folder.write("real.png", dot(1));
    folder.write("quote\"back\\slash\nline.png", dot(2));
    folder.write("bad\xFFname.png", dot(3));
    folder.write("\xC3\xA4/\xE2\x82\xAC.png", dot(4));
    folder.write("\xED\xA0\x80.png", dot(5));  // a surrogate, which UTF-8 does not have
    std::filesystem::create_symlink(target, folder.path() / "link.png");
    std::filesystem::create_directory_symlink(folder.path(), folder.path() / "loop");

    auto images = read_images(folder.path());
    CHECK(ids(images) == Names{"link.png", "quote\"back\\slash\nline.png", "real.png", "\xC3\xA4/\xE2\x82\xAC.png"});
    REQUIRE(unreadable_ids(images) == Names{"\\xed\\xa0\\x80.png", "bad\\xffname.png"});
    CHECK_THAT(images.unreadable()[0].second, ContainsSubstring("UTF-8"));

    auto second = images.begin();
    CHECK_THAT((++second)->payload, ContainsSubstring("quote\\\"back\\\\slash\\u000aline.png\"}"));
}

TEST_CASE("folders that cannot be read say why", "[folder]") {
    const make::TemporaryFolder folder;
    expect_error(ErrorCode::not_found, {"nowhere", "no such folder"},
                 [&] { (void)read_images(folder.path() / "nowhere"); });
    const auto file = folder.write("a.png", dot(1));
    expect_error(ErrorCode::invalid_argument, {"a.png", "not a folder"}, [&] { (void)read_images(file); });
    expect_error(ErrorCode::invalid_argument, {"max_pixels"},
                 [&] { (void)read_images(folder.path(), {.decode = {.limits = {.max_pixels = 0}}}); });

    std::filesystem::create_directory(folder.path() / "empty");
    auto none = read_images(folder.path() / "empty");
    CHECK(none.files() == 0);
    CHECK(none.begin() == none.end());

    const auto odd = folder.path() / "odd\xFF";
    std::filesystem::create_directory(odd);
    expect_error(ErrorCode::invalid_argument, {"odd\\xff", "UTF-8"}, [&] { (void)read_images(odd); });
}
