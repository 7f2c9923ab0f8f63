// Four taps at a time in bytes, in 64-byte registers. A weight of 24 bits is three signed digits of base 256, and one
// instruction (VNNI) adds four products of an 8-bit level and a digit to a 32-bit sum: the three sums, shifted and added,
// are the sum of levels times weights exactly, modulo 2^32. In rows another instruction (VBMI) first brings the levels of
// five outputs from where they lie to where their weights are, unless these are too far apart. Compiled for AVX-512 F,
// BW, DQ, VL, VNNI and VBMI: see resample_kernels.hpp on what it may include.
#include "preprocess/resample_kernels.hpp"

#include <immintrin.h>

namespace sextant::resample_detail {
namespace {

constexpr std::size_t channels = 3;
constexpr std::int32_t offset = 0x808080;  // weight + offset has the digits, each 128 too high, as its bytes

inline __m128i load(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }

bool have_digits(const std::int32_t* weights, std::size_t count) {
    std::uint32_t all = 0;
    for (std::size_t i = 0; i < count; ++i) all |= static_cast<std::uint32_t>(weights[i]) + offset;
    return all >> 24 == 0;
}

/// The digits of four weights: first the four lowest, then the middle ones, then the highest.
inline __m128i digits_of(const std::int32_t* weights) {
    const __m128i add = _mm_set1_epi32(offset);
    const __m128i transpose = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm_shuffle_epi8(_mm_xor_si128(_mm_add_epi32(load(weights), add), add), transpose);
}

/// Three sums, one per digit.
struct Sums {
    __m512i low, middle, high;

    void clear() { low = middle = high = _mm512_setzero_si512(); }
    void add(__m512i levels, __m512i weights_low, __m512i weights_middle, __m512i weights_high) {
        low = _mm512_dpbusd_epi32(low, levels, weights_low);
        middle = _mm512_dpbusd_epi32(middle, levels, weights_middle);
        high = _mm512_dpbusd_epi32(high, levels, weights_high);
    }
    [[nodiscard]] __m512i total() const {
        const __m512i upper = _mm512_add_epi32(_mm512_slli_epi32(high, 16), _mm512_slli_epi32(middle, 8));
        return _mm512_add_epi32(upper, low);
    }
};

/// The sums with the bits behind the point rounded off.
inline __m512i round_off(__m512i sums, int bits) {
    return _mm512_sra_epi32(_mm512_add_epi32(sums, _mm512_set1_epi32(1 << (bits - 1))), _mm_cvtsi32_si128(bits));
}

/// 16 levels, clipped to 8 bits.
inline __m128i to_levels(__m512i sums, int bits) {
    return _mm512_cvtusepi32_epi8(_mm512_max_epi32(round_off(sums, bits), _mm512_setzero_si512()));
}

// ---- rows, when the picture keeps its size or shrinks a little: five outputs of a row at a time

constexpr int slots = 5;        // of four taps each, one register: 5 x 3 channels, and 4 bytes that nothing uses
constexpr int reach = 21;       // whole pixels in a register
constexpr int most_steps = 64;  // of four taps
constexpr int quad = 4;         // rows that share a step in the registers
constexpr int block = 64;       // rows that share a plan, few enough to stay in the cache

/// What one register of a row's bytes is multiplied by: where each slot's pixels lie in it, and their weights.
struct Step {
    __m512i places, low, middle, high;
    __mmask64 bytes;  ///< of the register that lie within the row
    std::size_t at;   ///< the byte of the row where the register begins
};

inline int groups_of(const Tap& tap) { return (tap.count + group - 1) / group; }

/// The taps 4 i to 4 i + 3 of `count` outputs, one in each slot. `width` pixels of a row may be read.
Step plan_step(const AxisView& axis, const Tap* taps, int count, int i, int width) {
    // Of four pixels: the reds, the greens, the blues.
    const __m512i four = _mm512_setr_epi32(0x09060300, 0x0A070401, 0x0B080502, 0x09060300, 0x0A070401, 0x0B080502, 0x09060300,
                                           0x0A070401, 0x0B080502, 0x09060300, 0x0A070401, 0x0B080502, 0x09060300, 0x0A070401,
                                           0x0B080502, 0);
    const __m512i zero = _mm512_setzero_si512();
    __m512i places = zero, low = zero, middle = zero, high = zero;
    for (int slot = 0; slot < count; ++slot) {
        const Tap& tap = taps[slot];
        if (i >= groups_of(tap)) continue;
        const auto mask = static_cast<__mmask16>(7 << 3 * slot);
        const __m512i digits = _mm512_castsi128_si512(digits_of(axis.weights + (tap.at + static_cast<std::size_t>(i)) * group));
        const int begin = (tap.first - taps[0].first) * static_cast<int>(channels);
        places = _mm512_mask_add_epi32(places, mask, four, _mm512_set1_epi8(static_cast<char>(begin)));
        low = _mm512_mask_permutexvar_epi32(low, mask, zero, digits);
        middle = _mm512_mask_permutexvar_epi32(middle, mask, _mm512_set1_epi32(1), digits);
        high = _mm512_mask_permutexvar_epi32(high, mask, _mm512_set1_epi32(2), digits);
    }
    const int first = taps[0].first + i * group, left = width - first;
    const auto bytes = left <= reach ? (__mmask64{1} << left * static_cast<int>(channels)) - 1 : ~__mmask64{0};
    return {places, low, middle, high, bytes, static_cast<std::size_t>(first) * channels};
}

/// The sums of every slot in four rows.
inline void add_up(const std::uint8_t* in, std::size_t stride, const Step* steps, int count, __m512i totals[quad]) {
    Sums sums[quad];
    for (Sums& each : sums) each.clear();
    for (const Step* step = steps; step < steps + count; ++step) {
        const __m512i places = step->places, low = step->low, middle = step->middle, high = step->high;
        const __mmask64 bytes = step->bytes;
        const std::uint8_t* row = in + step->at;
        for (int r = 0; r < quad; ++r, row += stride)
            sums[r].add(_mm512_permutexvar_epi8(places, _mm512_maskz_loadu_epi8(bytes, row)), low, middle, high);
    }
    for (int r = 0; r < quad; ++r) totals[r] = sums[r].total();
}

/// `count` rows, a multiple of four, whose taps end at pixel `width`.
void near_block(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, std::size_t out_stride, int count,
                int width, const AxisView& axis) {
    Step steps[most_steps];
    for (int x = 0; x < axis.outputs; x += slots, out += slots * channels) {
        const Tap* taps = axis.taps + x;
        const bool last = x + slots >= axis.outputs;
        const int outputs = last ? axis.outputs - x : slots;
        int used = 0;
        for (int i = 0; i < outputs; ++i) used = groups_of(taps[i]) > used ? groups_of(taps[i]) : used;
        for (int i = 0; i < used; ++i) steps[i] = plan_step(axis, taps, outputs, i, width);
        const auto bytes = static_cast<__mmask16>((1 << outputs * static_cast<int>(channels)) - 1);
        std::uint8_t* to = out;
        const std::uint8_t* from = in;
        for (int y = 0; y < count; y += quad, from += quad * in_stride) {
            __m512i totals[quad];
            add_up(from, in_stride, steps, used, totals);
            for (int r = 0; r < quad; ++r, to += out_stride) {
                const __m128i levels = to_levels(totals[r], axis.shift);
                // The sixteenth byte is overwritten by the next five outputs; behind the last there may be another row.
                if (last) _mm_mask_storeu_epi8(to, bytes, levels);
                else _mm_storeu_si128(reinterpret_cast<__m128i*>(to), levels);
            }
        }
    }
}

/// Returns how many rows it has made.
int near_rows(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, std::size_t out_stride, int count,
              int width, const AxisView& axis) {
    const int whole = count / quad * quad;
    for (int y = 0; y < whole; y += block, in += block * in_stride, out += block * out_stride)
        near_block(in, in_stride, out, out_stride, whole - y < block ? whole - y : block, width, axis);
    return whole;
}

/// Whether every five outputs see no more than one register of pixels at a time.
bool are_near(const AxisView& axis) {
    for (int x = 0; x < axis.outputs; ++x) {
        const int next = x + slots <= axis.outputs ? x + slots - 1 : axis.outputs - 1;
        if (axis.taps[next].first - axis.taps[x].first + group > reach || groups_of(axis.taps[x]) > most_steps) return false;
    }
    return true;
}

// ---- rows, when it shrinks more: one output of several rows at a time

constexpr int quads = 4;  // of rows, that share the weights in their registers

/// 16 bytes of each of four rows.
inline __m512i load_rows(const std::uint8_t* row, std::size_t stride) {
    __m512i four = _mm512_broadcast_i32x4(load(row));
    four = _mm512_mask_broadcast_i32x4(four, 0x00F0, load(row + stride));
    four = _mm512_mask_broadcast_i32x4(four, 0x0F00, load(row + 2 * stride));
    return _mm512_mask_broadcast_i32x4(four, 0xF000, load(row + 3 * stride));
}

void store_pixels(std::uint8_t* to, std::size_t stride, __m128i levels, bool last) {
    alignas(16) std::uint32_t pixels[4];
    _mm_store_si128(reinterpret_cast<__m128i*>(pixels), levels);
    for (int r = 0; r < 4; ++r, to += stride) {
        // The fourth byte is overwritten by the next pixel; behind the last one there may be another row.
        if (!last) __builtin_memcpy(to, &pixels[r], 4);
        else for (int i = 0; i < 3; ++i) to[i] = static_cast<std::uint8_t>(pixels[r] >> (8 * i));
    }
}

/// Four times `quads` rows.
void far_block(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, std::size_t out_stride,
               const AxisView& axis) {
    // Of four pixels: the reds, the greens, the blues.
    const __m512i spread = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, -1, -1, -1, -1));
    for (int x = 0; x < axis.outputs; ++x) {
        const Tap& tap = axis.taps[x];
        const std::int32_t* weights = axis.weights + tap.at * group;
        const std::uint8_t* pixels = in + static_cast<std::size_t>(tap.first) * channels;
        Sums sums[quads];
        for (Sums& each : sums) each.clear();
        for (int i = 0; i < tap.count; i += group, weights += group, pixels += group * channels) {
            const __m512i digits = _mm512_castsi128_si512(digits_of(weights));
            const __m512i low = _mm512_permutexvar_epi32(_mm512_setzero_si512(), digits);
            const __m512i middle = _mm512_permutexvar_epi32(_mm512_set1_epi32(1), digits);
            const __m512i high = _mm512_permutexvar_epi32(_mm512_set1_epi32(2), digits);
            for (int q = 0; q < quads; ++q) {
                const std::uint8_t* rows = pixels + static_cast<std::size_t>(4 * q) * in_stride;
                sums[q].add(_mm512_shuffle_epi8(load_rows(rows, in_stride), spread), low, middle, high);
            }
        }
        std::uint8_t* to = out + static_cast<std::size_t>(x) * channels;
        for (int q = 0; q < quads; ++q, to += 4 * out_stride)
            store_pixels(to, out_stride, to_levels(sums[q].total(), axis.shift), x + 1 == axis.outputs);
    }
}

/// Returns how many rows it has made; it may read some bytes behind the last pixel of a row.
int far_rows(const std::uint8_t* in, std::size_t in_stride, std::size_t readable, std::uint8_t* out, std::size_t out_stride,
             int count, int width, const AxisView& axis) {
    int y = 0;
    for (; y + 4 * quads <= count; y += 4 * quads, in += 4 * quads * in_stride, out += 4 * quads * out_stride) {
        const auto rows_before = static_cast<std::size_t>(y + 4 * quads - 1);
        if (rows_before * in_stride + static_cast<std::size_t>(width) * channels + overread > readable) break;
        far_block(in, in_stride, out, out_stride, axis);
    }
    return y;
}

void rows(const std::uint8_t* in, std::size_t in_stride, std::size_t readable, std::uint8_t* out, std::size_t out_stride,
          int count, const AxisView& axis) {
    if (axis.outputs < 1) return;
    const Tap& last = axis.taps[axis.outputs - 1];
    const int width = last.first + last.count;
    int made = 0;
    if (have_digits(axis.weights, (last.at + static_cast<std::size_t>(groups_of(last))) * group))
        made = are_near(axis) ? near_rows(in, in_stride, out, out_stride, count, width, axis)
                              : far_rows(in, in_stride, readable, out, out_stride, count, width, axis);
    const std::size_t done = static_cast<std::size_t>(made), left = done * in_stride;
    avx2_kernels.rows(in + left, in_stride, readable - (left < readable ? left : readable), out + done * out_stride,
                      out_stride, count - made, axis);
}

// ---- columns

constexpr int most_groups = 64;

/// The digits of the groups of one output row.
struct Digits {
    alignas(16) std::uint32_t of[most_groups][4];
};

/// 64 bytes of one output row.
void column_block(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, int count, const Digits& digits,
                  int bits) {
    const __m512i zero = _mm512_setzero_si512();
    Sums sums[4];
    for (Sums& each : sums) each.clear();
    for (int i = 0; i < count; i += group) {
        __m512i rows[group];
        for (int r = 0; r < group; ++r)
            rows[r] = i + r < count ? _mm512_loadu_si512(in + static_cast<std::size_t>(i + r) * in_stride) : zero;
        const std::uint32_t* digit = digits.of[i / group];
        const __m512i low = _mm512_set1_epi32(static_cast<std::int32_t>(digit[0]));
        const __m512i middle = _mm512_set1_epi32(static_cast<std::int32_t>(digit[1]));
        const __m512i high = _mm512_set1_epi32(static_cast<std::int32_t>(digit[2]));
        // The four levels of each column side by side.
        const __m512i front_a = _mm512_unpacklo_epi8(rows[0], rows[1]), back_a = _mm512_unpackhi_epi8(rows[0], rows[1]);
        const __m512i front_b = _mm512_unpacklo_epi8(rows[2], rows[3]), back_b = _mm512_unpackhi_epi8(rows[2], rows[3]);
        sums[0].add(_mm512_unpacklo_epi16(front_a, front_b), low, middle, high);
        sums[1].add(_mm512_unpackhi_epi16(front_a, front_b), low, middle, high);
        sums[2].add(_mm512_unpacklo_epi16(back_a, back_b), low, middle, high);
        sums[3].add(_mm512_unpackhi_epi16(back_a, back_b), low, middle, high);
    }
    // Unpacking works within 16 bytes, so sum k holds the columns 4 k to 4 k + 3 of each 16; packing clips and undoes it.
    __m512i done[4];
    for (int k = 0; k < 4; ++k) done[k] = round_off(sums[k].total(), bits);
    _mm512_storeu_si512(out, _mm512_packus_epi16(_mm512_packus_epi32(done[0], done[1]), _mm512_packus_epi32(done[2], done[3])));
}

void columns(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, std::size_t bytes, const Tap& tap,
             const AxisView& axis) {
    constexpr std::size_t step = 64;
    const std::int32_t* weights = axis.weights + tap.at * group;
    const int groups = (tap.count + group - 1) / group;
    if (bytes < step || groups > most_groups || !have_digits(weights, static_cast<std::size_t>(groups) * group))
        return avx2_kernels.columns(in, in_stride, out, bytes, tap, axis);
    Digits digits;
    for (int g = 0; g < groups; ++g)
        _mm_store_si128(reinterpret_cast<__m128i*>(digits.of[g]), digits_of(weights + g * group));
    const std::uint8_t* first = in + static_cast<std::size_t>(tap.first) * in_stride;
    for (std::size_t x = 0; x < bytes; x += step) {
        const std::size_t at = x + step <= bytes ? x : bytes - step;  // the last block overlaps the one before
        column_block(first + at, in_stride, out + at, tap.count, digits, axis.shift);
    }
}

// ---- planes

/// A table of 256 floats as four tables of their bytes, each of four registers.
struct ByteTables {
    alignas(64) std::uint8_t of[4][256];

    explicit ByteTables(const float* table) {
        for (int i = 0; i < 256; i += 16) {
            const __m512i floats = _mm512_castps_si512(_mm512_loadu_ps(table + i));
            for (unsigned b = 0; b < 4; ++b) {
                const __m128i bytes = _mm512_cvtepi32_epi8(_mm512_srli_epi32(floats, 8 * b));
                _mm_store_si128(reinterpret_cast<__m128i*>(of[b] + i), bytes);
            }
        }
    }

    /// One byte of what 64 levels are in the table.
    [[nodiscard]] __m512i look_up(int byte, __m512i levels, __mmask64 upper_half) const {
        const auto quarter = [&](int i) { return _mm512_load_si512(of[byte] + 64 * i); };
        const __m512i lower = _mm512_permutex2var_epi8(quarter(0), levels, quarter(1));
        return _mm512_mask_blend_epi8(upper_half, lower, _mm512_permutex2var_epi8(quarter(2), levels, quarter(3)));
    }
};

/// Of 64 pixels, the places of one channel's bytes: in the order that makes unpacking, which works within 16 bytes, put
/// out 16 neighbours at a time.
struct Places {
    alignas(64) std::uint8_t of[64];

    explicit Places(int channel) {
        for (int lane = 0; lane < 4; ++lane)
            for (int k = 0; k < 4; ++k)
                for (int i = 0; i < 4; ++i)
                    of[16 * lane + 4 * k + i] = static_cast<std::uint8_t>(3 * (16 * k + 4 * lane + i) + channel);
    }

    [[nodiscard]] __m512i pick(const std::uint8_t* pixels) const {
        const __m512i places = _mm512_load_si512(of);
        const __m512i a = _mm512_loadu_si512(pixels), b = _mm512_loadu_si512(pixels + 64);
        const __m512i front = _mm512_permutex2var_epi8(a, places, b), c = _mm512_loadu_si512(pixels + 128);
        return _mm512_mask_permutexvar_epi8(front, _mm512_movepi8_mask(places), places, c);
    }
};

/// 64 values.
inline void write_values(const ByteTables& tables, __m512i levels, float* out) {
    const __mmask64 upper_half = _mm512_movepi8_mask(levels);
    __m512i bytes[4];
    for (int b = 0; b < 4; ++b) bytes[b] = tables.look_up(b, levels, upper_half);
    const __m512i low_a = _mm512_unpacklo_epi8(bytes[0], bytes[1]), low_b = _mm512_unpackhi_epi8(bytes[0], bytes[1]);
    const __m512i high_a = _mm512_unpacklo_epi8(bytes[2], bytes[3]), high_b = _mm512_unpackhi_epi8(bytes[2], bytes[3]);
    _mm512_storeu_si512(out, _mm512_unpacklo_epi16(low_a, high_a));
    _mm512_storeu_si512(out + 16, _mm512_unpackhi_epi16(low_a, high_a));
    _mm512_storeu_si512(out + 32, _mm512_unpacklo_epi16(low_b, high_b));
    _mm512_storeu_si512(out + 48, _mm512_unpackhi_epi16(low_b, high_b));
}

void look_up_fast(const std::uint8_t* pixels, std::size_t count, const float* const tables[3], float* out,
                  std::size_t stride) {
    const std::size_t whole = count / 64 * 64;
    const ByteTables bytes[channels] = {ByteTables(tables[0]), ByteTables(tables[1]), ByteTables(tables[2])};
    const Places places[channels] = {Places(0), Places(1), Places(2)};
    for (std::size_t i = 0; i < whole; i += 64)
        for (std::size_t c = 0; c < channels; ++c)
            write_values(bytes[c], places[c].pick(pixels + i * channels), out + c * stride + i);
    look_up(pixels + whole * channels, count - whole, tables, out + whole, stride);
}

}  // namespace

const Kernels avx512_kernels{rows, columns, look_up_fast};

}  // namespace sextant::resample_detail
