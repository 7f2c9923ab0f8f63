// How an encoder is opened, and what it is asked for.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include <sextant/core/embeddings.hpp>
#include <sextant/core/modality.hpp>
#include <sextant/model/torchscript.hpp>
#include <sextant/preprocess/image.hpp>
#include <sextant/preprocess/text.hpp>

namespace sextant {

struct EncoderOptions {
    std::size_t batch_size = 32;     ///< items that run through a network together, at most
    std::size_t batch_tokens = 4096;  ///< tokens of texts that run together, padding counted; a longer text runs alone
    std::size_t truncate_dim = 0;    ///< keep the first so many dimensions and normalise again; 0 keeps all
    bool self_test = true;           ///< replay goldens of each network when opening: proof, and warm-up

    /// The numbers in which networks compute. Anything but float32 enters the fingerprint; how far its vectors are from
    /// the reference's is measured over all goldens when the encoder is opened: see `Encoder::drift`. Lower ones are faster
    /// where the processor multiplies in them (AVX512-BF16, AVX512-VNNI, AMX) and libtorch is 2.x, else slower.
    Precision precision = Precision::float32;

    /// Batches that run at the same time, each on its own thread: the caller's and others that the encoder keeps. 0: one
    /// after the other in the caller's thread, each on as many threads as libtorch is set to use.
    std::size_t threads = 0;

    /// The same bits for an item whatever it is encoded together with, in which order, and on how many threads: every
    /// item runs alone and on one thread. Slower; holds on one machine with one build of libtorch.
    bool deterministic = false;

    /// Replaces the bundle's own image preprocessing; its name enters the fingerprint.
    std::shared_ptr<const ImageTransform> image_transform = nullptr;
    /// The caller's own steps before a text is tokenized, or in place of that; their names enter the fingerprint.
    TextPlugins text{};
    ModelLoader load_model = load_torchscript;

    /// Throws `invalid_argument` naming the field.
    void validate() const;
};

/// What becomes of a text that is longer than the model reads. A text with a picture is cut or refused like others, but
/// never becomes several rows.
enum class LongText {
    as_trained,  ///< it is cut where the bundle says
    keep_head,
    keep_tail,
    refuse,  ///< `limit` is thrown
    chunk,   ///< it becomes several rows, see `ChunkOptions`; `invalid_argument` is thrown for a text with a picture
};

/// How a text becomes several rows. Each is encoded as if it were a text of its own, with its prompt.
struct ChunkOptions {
    enum class By { tokens, sentences, paragraphs };
    By by = By::tokens;           ///< where a text may be cut; what does not fit as a whole is cut within: at words, at last anywhere
    std::size_t max_tokens = 0;   ///< of a chunk, prompt and special tokens counted, and more than these; 0: as many as the model reads
    std::size_t max_parts = 0;    ///< sentences or paragraphs of a chunk; 0: as many as fit
    std::size_t overlap = 0;      ///< tokens, sentences or paragraphs that neighbours share
    /// The network reads as much of the text as it can at once, and the vectors of each chunk's tokens are averaged
    /// afterwards: chunks know what stands around them (Guenther et al., "Late Chunking", 2024). For networks whose
    /// dense output the bundle pools by `mean`. A chunk that no token stands for is encoded alone.
    bool late = false;
};

/// How far a call has come. Rows may be more than items if texts are cut into chunks.
struct EncodeProgress {
    std::size_t rows_done = 0;
    std::size_t rows_total = 0;
};

struct EncodeOptions {
    Role role = Role::document;                   ///< queries may have a prompt or a network of their own
    std::vector<Output> outputs{Output::dense};  ///< the forms that are wanted, each once, all from one pass
    LongText long_text = LongText::as_trained;
    ChunkOptions chunks{};                        ///< with `LongText::chunk`
    std::size_t first_item = 0;                   ///< number of the first item, in messages and in `EmbeddingInfo::item`
    /// Called after each batch, by the thread that ran it, one call at a time; false stops with `cancelled`.
    std::function<bool(const EncodeProgress&)> progress = nullptr;
};

}  // namespace sextant
