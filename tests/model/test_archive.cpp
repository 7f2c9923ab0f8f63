// What is looked for in an archive before libtorch sees it. Whole hostile models: tests/hostile/hostile_models.py.
#include "model/archive.hpp"

#include <cstdint>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/temp_folder.hpp"

using namespace sextant;
using namespace std::string_literals;

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

const std::string begin_pickle = "\x80\x02";

std::string with_code(const std::string& code) { return zip({{"text/data.pkl", begin_pickle + ")."}, {"text/code/__torch__.py", code}}); }

std::string with_pickle(const std::string& opcodes) { return zip({{"text/code/a.py", "pass"}, {"text/data.pkl", begin_pickle + opcodes}}); }

std::string times(std::size_t count, const std::string& text) {
    std::string all;
    while (count-- > 0) all += text;
    return all;
}

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

TEST_CASE("code that libtorch's parser would need too much stack for is refused") {
    const auto many = [](const std::string& text) { return times(100'000, text); };
    for (const auto& [code, what] : std::vector<std::pair<std::string, std::string>>{
             {"y = " + many("(") + "x" + many(")"), "100 brackets"},
             {"y = " + many("[") + "x" + many("]"), "100 brackets"},
             {"y = " + many("(\")\" + ") + "x" + many(")"), "100 brackets"},
             {"y = " + many("(\n"), "100 brackets"},
             {"y = " + many("-") + "1", "1000 words and signs"},
             {"y = " + many("not ") + "x", "1000 words and signs"},
             {"y = " + many("1 if x else ") + "1", "1000 words and signs"},
             {"y = x" + many(" + x"), "1000 words and signs"},
             {"y = x" + many(".a"), "1000 words and signs"},
             {"y = x" + many("()"), "1000 words and signs"},
             {"y = x" + many("[0]"), "1000 words and signs"},
             {"y = " + times(90, "(") + "x" + times(90, times(20, " + x") + ")"), "1000 words and signs"},
             {"y = " + times(90, "f(" + times(20, "x + ")) + "x" + times(90, ")"), "1000 words and signs"},
             {"y = (x,\n" + times(1000, "- \n") + "x)", "1000 words and signs"},
             {"if x:\n" + times(101, " ") + "pass", "100 blanks"},
             {"if x:\n  pass\n" + many("elif x:\n  pass\n"), "100 times 'elif'"},
             {"y = x # )", "a comment"},
             {"y = - \\\n - x", "outside of strings"},
             {"y = \"\"\"(\"\"\"", "three quotes"},
             {"y = \"(\n\"", "without an end"},
             {"y = \"(\\\"", "without an end"},
             {"y = (x]", "not opened"},
             {"y = x)", "not opened"},
             {"y = (x", "not closed"}}) {
        CAPTURE(what);
        CAPTURE(code.substr(0, 40));
        expect_error(ErrorCode::model, {"text.pt", "__torch__.py", what, "export"}, [&] { check(with_code(code)); });
    }
    for (const auto& [count, refused] : std::vector<std::pair<std::size_t, bool>>{{500, false}, {501, true}}) {
        const auto functions = with_code(times(count, "def f(x):\n  return f(x)\n"));
        if (refused) expect_error(ErrorCode::model, {"text.pt", "500 functions"}, [&] { check(functions); });
        else check(functions);
    }
    check(with_code("y = [" + many("1, ") + "1]\n" + many("z = x + \"((([\\\"((\" + '(((('\n") + times(90, "(") + "x" + times(90, ")")));
}

TEST_CASE("pickles that libtorch's reader would need too much stack for, or be led astray by, are refused") {
    const auto refuses = [](const std::string& opcodes, const std::string& why) {
        CAPTURE(why);
        CAPTURE(opcodes.substr(0, 40));
        expect_error(ErrorCode::model, {"text.pt", "data.pkl", why, "export"}, [&] { check(with_pickle(opcodes)); });
    };
    const auto tuples = [](std::size_t depth) { return ")" + times(depth - 1, "\x85") + "."; };
    const auto type = [](std::size_t depth) { return "X" + std::string{static_cast<char>(depth), 0, 0, 0} + times(depth, "[") + "."; };
    check(with_pickle(tuples(200)));
    check(with_pickle(type(100)));
    const std::string object = "c__torch__\nA\nq\x01)\x81}(X\x01\0\0\0a]q\x02(K\1K\2eX\x01\0\0\0bh\x02ub"s;
    check(with_pickle(object + "."));
    refuses(tuples(201), "200 deep");
    refuses(tuples(1'000'000), "200 deep");
    refuses(times(1000, "(") + times(1000, "t") + ".", "200 deep");
    refuses(times(1000, "]") + times(999, "a") + ".", "200 deep");
    refuses(times(1000, "}K\1") + "N" + times(1000, "s") + ".", "200 deep");
    refuses(times(1000, "c__torch__\nA\n)\x81") + "N" + times(1000, "b") + ".", "200 deep");
    refuses(times(110, "\x28") + type(100).substr(0, 105) + times(110, "t") + ".", "200 deep");
    refuses("]" + times(40, "q\1h\1\x86") + ".", "16777216 values");  // doubles each time
    refuses("]q\1h\1a.", "itself");
    refuses("]q\1]q\2h\1ah\1Nae.", "whole already");  // what lies in a list grows no more
    refuses("]q\1\x85h\1Na.", "whole already");
    refuses("N(\x85.", "more values than there are");
    refuses("\x86.", "more values than there are");
    refuses("t.", "did not open");
    refuses("(e.", "not there");
    refuses("}(Nu.", "key without");
    refuses("h\1.", "has not kept");
    refuses("K\5)R.", "no function");
    refuses("cposix\nsystem\n)R.", "'posix.system'");
    refuses("c" + times(2000, "a") + "\nb\n.", "1000 bytes");
    refuses("NN.", "2 values");
    refuses(".", "0 values");
    refuses("I1\n.", "opcode 73");
    refuses("", "ends within");
    refuses("X\xFF\xFF\xFF\xFF" "a.", "ends within");
    expect_error(ErrorCode::model, {"protocol 2"}, [&] { check(zip({{"text/code/a.py", "pass"}, {"text/constants.pkl", "\x80\x04N."}})); });
}

TEST_CASE("weights that a pickle promises must be there: libtorch would read on behind them") {
    const auto stored = [](const std::string& type, const std::string& count, const std::string& key = "0") {
        return "(X\x07\0\0\0storageq\1ctorch\n"s + type + "\nq\2X" + std::string{static_cast<char>(key.size()), 0, 0, 0} + key + "X\x03\0\0\0cpu"s + count + "tQ";
    };
    const auto archive = [](const std::string& opcodes, std::size_t bytes, const std::string& name = "data") {
        return zip({{"text/code/a.py", "pass"}, {"text/" + name + ".pkl", begin_pickle + opcodes + "."}, {"text/" + name + "/0", std::string(bytes, 'w')}});
    };
    for (const auto& [type, each] : std::vector<std::pair<std::string, std::size_t>>{{"FloatStorage", 4}, {"LongStorage", 8}, {"BoolStorage", 1}}) {
        check(archive(stored(type, "K\x0c"), 12 * each));
        expect_error(ErrorCode::corrupt, {"'0'", std::to_string(12 * each) + " bytes", "there are " + std::to_string(12 * each - 1)}, [&] { check(archive(stored(type, "K\x0c"), 12 * each - 1)); });
    }
    check(archive(stored("FloatStorage", "M\x00\x01"s), 1024));
    check(archive(stored("FloatStorage", "\x8a\x02\x00\x01"s), 1024));
    check(archive(stored("FloatStorage", "K\0"s), 0));
    const auto lies = [&](const std::string& opcodes, const std::string& name = "data") { expect_error(ErrorCode::corrupt, {"there are"}, [&] { check(archive(opcodes, 48, name)); }); };
    lies(stored("FloatStorage", "J\x00\x84\xd7\x17"s));
    lies(stored("FloatStorage", "\x8a\x05\x00\x00\x00\x00\x01"s));
    lies(stored("FloatStorage", "K\x0c", "1"));
    lies(stored("DoubleStorage", "K\x0c"), "constants");
    // The second names its type and 'storage' by what was kept of the first.
    lies(stored("FloatStorage", "K\x0c") + "(h\1h\2X\1\0\0\0"s + "0X\3\0\0\0cpuK\x0dtQ\x86"s);
    const auto unusual = [&](const std::string& opcodes) { expect_error(ErrorCode::model, {"no exporter"}, [&] { check(archive(opcodes, 48)); }); };
    unusual(stored("FloatStorage", "J\xff\xff\xff\xff"));
    unusual(stored("FloatStorage", "\x8a\x07\x00\x00\x00\x00\x00\x00\x7f"s));
    unusual(stored("FloatStorage", "\x8a\x09\x0c\x00\x00\x00\x00\x00\x00\x00\x01"s));
    unusual(stored("FloatStorage", "N"));
    unusual(stored("Storage", "K\x0c"));
    unusual("NQ");
    unusual("(K\1tq\1" + stored("FloatStorage", "K\x0c") + "h\1Q");  // a tuple that was made before
    check(zip({{"text/code/a.py", "pass"}, {"text/traced_inputs.pkl", begin_pickle + stored("FloatStorage", "K\x0c") + "."}}));
}

TEST_CASE("names are read as libtorch finds them, whatever the case of their letters") {
    const File code{"text/code/a.py", "pass"};
    expect_error(ErrorCode::model, {"'save"}, [&] { check(zip({code, {"text/code/__torch__.PY", "save"}})); });
    expect_error(ErrorCode::model, {"200 deep"}, [&] { check(zip({code, {"text/DATA.Pkl", begin_pickle + ")" + times(1000, "\x85") + "."}})); });
    expect_error(ErrorCode::corrupt, {"one name"}, [&] { check(zip({code, {"text/code/A.py", "pass"}})); });
    expect_error(ErrorCode::corrupt, {"model.json"}, [&] { check(zip({code, {"text/Model.json", "{}"}})); });
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
            CHECK((error.code() == ErrorCode::corrupt || error.code() == ErrorCode::limit || error.code() == ErrorCode::model));  // model: a letter became a bracket
        }
    }
    CHECK(passed < 8 * sound.size() / 2);  // dates, versions, checksums that nobody reads
}
