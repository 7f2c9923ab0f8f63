// Precompiled charsmaps, read as part of a tokenizer.json and of a `.model` file: the two look for keys differently.
#include "fuzz/promises.hpp"
#include "fuzz/tokenizers.hpp"

std::vector<fuzz::Bytes> fuzz::seeds() {
    return {write_charsmap({{"a", "b"}}),
            write_charsmap({{"A", "a"}, {"AB", "ab"}, {"\xEF\xAC\x81", "fi"}, {"\xEF\xAC\x82", "fl"}, {"\t", " "}}),
            write_charsmap({{"e\xCC\x81", "\xC3\xA9"}, {"\r\n", "\n"}, {" ", ""}, {"b", "\xE2\x96\x81"}}),
            write_charsmap({})};
}

std::vector<fuzz::Bytes> fuzz::tokens() {
    std::vector<Bytes> units;
    for (const std::uint32_t byte : {0x00, 0x20, 0x61, 0x62, 0x81, 0xAC, 0xEF, 0xFF})
        for (const std::uint32_t rest : {0x0U, 0x100U, 0x200U, 0x300U, 0x1FU << 10, 0x61U << 10, 0x80000000U}) {
            units.emplace_back();
            for (int shift = 0; shift < 32; shift += 8)
                units.back() += static_cast<char>((byte | rest) >> shift & 0xFF);
        }
    return units;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace sentence_piece;
    const std::string map(reinterpret_cast<const char*>(data), size);
    const Sections sections{.normalizer = R"({"type": "Precompiled", "precompiled_charsmap": ")" + write_base64(map) + R"("})",
                            .model = R"({"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []})"};
    const Model model{.pieces = {{"<unk>", 0, unknown}, {"a", -1}, {"b", -2}}, .charsmap = map, .denormalizer = map};
    try {
        for (const auto& tokenizer : {sections.tokenizer(), model.tokenizer()})
            for (const char* text : {"a", "aAB b\t", "e\xCC\x81\xCC\x81 \r\n\xEF\xAC\x81", "\xEF\xAC\x81\xEF\xAC\x82 a"})
                fuzz::expect_promises(tokenizer, text, {.max_length = 3});
    } catch (const sextant::Error& error) {
        fuzz::outcome(error.what());
    }
    return 0;
}
