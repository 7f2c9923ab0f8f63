// Everything a program needs: Encoder, Index, Reranker, and search, which joins them.
#pragma once

#include <sextant/bundle/bundle.hpp>
#include <sextant/core/error.hpp>
#include <sextant/core/hit.hpp>
#include <sextant/core/item.hpp>
#include <sextant/core/utf8.hpp>
#include <sextant/encode/encoder.hpp>
#include <sextant/encode/stream.hpp>
#include <sextant/encode/verify.hpp>
#include <sextant/filter/filter.hpp>
#include <sextant/index/advisor.hpp>
#include <sextant/index/index.hpp>
#include <sextant/index/salvage.hpp>
#include <sextant/kernels/cpu.hpp>
#include <sextant/kernels/max_sim.hpp>
#include <sextant/kernels/similarity.hpp>
#include <sextant/kernels/top_k.hpp>
#include <sextant/media/folder.hpp>
#include <sextant/media/image.hpp>
#include <sextant/model/clip_archive.hpp>
#include <sextant/rerank/reranker.hpp>
#include <sextant/search/search.hpp>
#include <sextant/store/vector_file.hpp>
