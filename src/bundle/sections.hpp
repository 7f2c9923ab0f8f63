// The sections of a manifest, one reader each. Every reader refuses what it does not know.
#pragma once

#include <map>
#include <string>

#include <sextant/bundle/manifest.hpp>

#include "bundle/fields.hpp"

namespace sextant::bundle_detail {

using Files = std::map<std::string, FileEntry>;

/// The file that a field names. Throws `corrupt` unless it is one of `files`.
[[nodiscard]] std::string listed_file(Fields& fields, const std::string& field, const Files& files);

[[nodiscard]] TextSpec read_text_spec(Fields fields, const Files& files);
[[nodiscard]] ImageSpec read_image_spec(Fields fields);
[[nodiscard]] SparseSpec read_sparse_spec(Fields fields);
[[nodiscard]] MultiSpec read_multi_spec(Fields fields);
[[nodiscard]] PairSpec read_pair_spec(Fields fields);

/// The `networks` of a manifest whose other sections have been read, and whether those sections and what the networks
/// take and return go together.
void read_networks(Fields& root, Manifest& manifest);

}  // namespace sextant::bundle_detail
