// What is looked for in an archive before libtorch sees it. Whole hostile models: tests/hostile/hostile_models.py.
#include "model/archive.hpp"

#include <cstdint>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/temp_folder.hpp"

using namespace sextant;

namespace {

void number(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

struct File {
    std::string name, content;
    std::uint64_t size = content.size();  ///< that the directory states
};

/// A zip file of stored entries.
std::string zip(const std::vector<File>& files) {
    std::string out, directory;
    for (const auto& file : files) {
        const auto at = out.size();
        number(out, 0x04034B50, 4);
        number(out, 20, 2), number(out, 0, 2), number(out, 0, 2), number(out, 0, 8);
        number(out, file.content.size(), 4), number(out, file.size, 4), number(out, file.name.size(), 2), number(out, 0, 2);
        out += file.name + file.content;
        number(directory, 0x02014B50, 4);
        number(directory, 20, 2), number(directory, 20, 2), number(directory, 0, 2), number(directory, 0, 2), number(directory, 0, 8);
        number(directory, file.content.size(), 4), number(directory, file.size, 4), number(directory, file.name.size(), 2);
        number(directory, 0, 12), number(directory, at, 4);
        directory += file.name;
    }
    const auto at = out.size();
    out += directory;
    number(out, 0x06054B50, 4);
    number(out, 0, 4), number(out, files.size(), 2), number(out, files.size(), 2), number(out, directory.size(), 4), number(out, at, 4), number(out, 0, 2);
    return out;
}

std::string with_code(const std::string& code) { return zip({{"text/data.pkl", "x"}, {"text/code/__torch__.py", code}}); }

void check(const std::string& bytes) { model_detail::check_archive(std::as_bytes(std::span(bytes)), "text.pt"); }

}  // namespace

TEST_CASE("what exporters write passes") {
    for (const char* file : {"demo/text.pt", "demo/image.pt", "demo-rerank/pair.pt"}) check(read_file(std::string("examples/models/") + file));
    check(with_code("def forward(self, x: Tensor) -> Tensor:\n  return ops.prim.NumToTensor(torch.size(x, 0))"));
    check(with_code("__torch__.torchvision.ops.misc.FrozenBatchNorm; for_each, forward, saved, 1e-05"));
}

TEST_CASE("words that lead out of arithmetic are refused, wherever they stand") {
    for (const auto& [code, word] : std::vector<std::pair<std::string, std::string>>{{"torch.save(x, \"f\")", "save"},
                                                                                   {"x.save(\"f\")", "save"},
                                                                                   {"x . save (\"f\")", "save"},
                                                                                   {"torch.from_file(\"f\")", "from_file"},
                                                                                   {"def __setstate__(self, s):", "__setstate__"},
                                                                                   {"while True:", "while"},
                                                                                   {"for i in range(9223372036854775807):", "for"},
                                                                                   {"[0for i in x]", "0for"},
                                                                                   {"[1e5for i in x]", "1e5for"},
                                                                                   {"\"a string with while in it\"", "while"},
                                                                                   {"# save", "save"},
                                                                                   {"print(x)", "print"},
                                                                                   {"ops.prim.Print(x)", "Print"},
                                                                                   {"fork(f)", "fork"},
                                                                                   {"__torch__.torch.classes.a.B", "classes"},
                                                                                   {"ops.image.read_file(x)", "ops.image.read_file"},
                                                                                   {"ops .prim.x", "ops"},
                                                                                   {"y = ops", "ops"}}) {
        CAPTURE(code);
        expect_error(ErrorCode::model, {"text.pt", "'" + word, "__torch__.py", "load_any_torchscript"}, [&] { check(with_code("pass\n" + code)); });
    }
}

TEST_CASE("an archive that is not as exporters write it is refused") {
    const auto refuses = [](const std::string& bytes, const std::string& why, ErrorCode code = ErrorCode::corrupt) {
        CAPTURE(why);
        expect_error(code, {"text.pt", why}, [&] { check(bytes); });
    };
    const File code{"text/code/a.py", "pass"};
    const auto sound = zip({code});
    check(sound);
    refuses("", "begin and end");
    refuses(sound + "x", "begin and end");
    refuses("x" + sound, "begin and end");
    refuses(zip({}), "begin and end");
    refuses(zip({{"text/data/0", "x"}}), "no code");
    refuses(zip({code, {"other/data/0", "x"}}), "leaves its folder");
    refuses(zip({code, {"text/../../x", "x"}}), "leaves its folder");
    refuses(zip({code, {std::string("text/a\0b", 8), "x"}}), "leaves its folder");
    refuses(zip({{"a.py", "pass"}}), "no folder");
    refuses(zip({{"/etc/a.py", "pass"}}), "no folder");
    refuses(zip({code, code}), "one name");
    refuses(zip({code, {"text/data/0", "x", std::uint64_t{2} << 30}}), "unfolds to 2147483648");

    for (std::size_t length = 0; length < sound.size(); ++length) refuses(sound.substr(0, length), "text.pt");
    // Whatever bit changes, the answer is a clear one; what is read again here is what libtorch would read.
    std::size_t passed = 0;
    for (std::size_t bit = 0; bit < 8 * sound.size(); ++bit) {
        auto flipped = sound;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        try {
            check(flipped);
            ++passed;
        } catch (const Error& error) {
            CHECK((error.code() == ErrorCode::corrupt || error.code() == ErrorCode::limit));
        }
    }
    CHECK(passed < 8 * sound.size() / 2);  // dates, versions, checksums that nobody reads
}
