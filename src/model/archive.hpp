// Looks into a TorchScript archive before libtorch does.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace sextant::model_detail {

/// Refuses archives that are not what an exporter writes, and networks whose code could do more than arithmetic.
///
/// The archive: a zip file (APPNOTE 6.3.9) that begins with its first entry; every entry lies within the file and apart
/// from the others, under one folder, under a name of its own without "..", not encrypted; what holds weights is stored
/// and as long as it says; what is compressed unfolds to at most 64 MiB in all. Throws `corrupt` or `limit`.
///
/// The code, which such archives hold as text: it has none of the words that lead out of arithmetic: those that read and
/// write files or the terminal, run when the archive is loaded (`__setstate__`), start threads, call libraries beside
/// torch's own, or loop. Traced networks have no such words. Strings and comments count too, so that no two readings of
/// one text can differ. Throws `model`, naming the word and the file.
///
/// What libtorch's readers would need too much stack for: code as `check_code_shape` and pickles as `check_pickle` bound
/// them. Names count whatever the case of their letters, as libtorch finds them so.
///
/// This is no sandbox: libtorch's own readers of weights and code are not proof against an author who knows their
/// faults.
void check_archive(std::span<const std::byte> bytes, std::string_view name);

}  // namespace sextant::model_detail
