// CRC-32C by folding: V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using
// PCLMULQDQ Instruction", on vectors of 512 bits.
//
// An accumulator holds bytes as a polynomial that is only known modulo P. To move it n bits
// forward, over bytes that follow, each half of each of its 128-bit lanes is multiplied with x^n
// mod P, or x^(n + 64) mod P for the half that stands first, which gives 128 bits again. Several
// accumulators take turns, since one multiplication takes several cycles and a new one can start
// each cycle.

#include "crc32c.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstring>

#include "crc32c_sse42.h"

// The functions that may use the instructions; the rest of the file must run everywhere.
#define CKPT_AVX512 __attribute__((target("avx512f,avx512vl,vpclmulqdq,pclmul,sse4.1")))

namespace ckpt {
namespace {

using Vector = __m512i;

constexpr size_t kVector = sizeof(Vector);
// Shorter inputs are left to the crc32 instruction: little is to be gained there, and on some
// processors a program that uses such wide vectors now and then runs slower in between.
constexpr size_t kMinFolded = 512;
// Shorter copies stay in the cache.
constexpr size_t kMinStreamed = 16 << 10;

// Factor that moves a 64-bit half by n bits. Bit-reflected, a product of two 64-bit polynomials
// comes out multiplied by x, and a factor of 32 bits, which stand in the low half of 64, by x^32.
constexpr uint64_t Factor(uint64_t n) { return crc32c::PowerOfX(n - 33); }

// Those that move a 128-bit lane by n bits: of its low half, which comes first, and its high one.
template <uint64_t n>
constexpr auto kLow = static_cast<int64_t>(Factor(n + 64));
template <uint64_t n>
constexpr auto kHigh = static_cast<int64_t>(Factor(n));

// The same for each lane. Not a broadcast, in which GCC 12 finds an uninitialized value of its own.
template <uint64_t n>
CKPT_AVX512 inline Vector Factors() {
  return _mm512_set_epi64(kHigh<n>, kLow<n>, kHigh<n>, kLow<n>, kHigh<n>, kLow<n>, kHigh<n>,
                          kLow<n>);
}

CKPT_AVX512 inline Vector Fold(Vector sum, Vector factors, Vector next) {
  const Vector low = _mm512_clmulepi64_epi128(sum, factors, 0x00);
  const Vector high = _mm512_clmulepi64_epi128(sum, factors, 0x11);
  return _mm512_ternarylogic_epi64(low, high, next, 0x96);  // the exclusive or of three
}

enum class Store { kNone, kCached, kStreamed };

// Reads each byte once: what is summed is what is stored. Where nothing is, there is no target.
template <Store store>
CKPT_AVX512 inline Vector Take(const uint8_t* source, [[maybe_unused]] uint8_t* target, size_t at) {
  Vector value = _mm512_loadu_si512(source + at);
  if constexpr (store != Store::kNone) asm("" : "+v"(value));  // or the compiler may load it twice
  if constexpr (store == Store::kCached) _mm512_storeu_si512(target + at, value);
  if constexpr (store == Store::kStreamed) {
    _mm512_stream_si512(reinterpret_cast<Vector*>(target + at), value);
  }
  return value;
}

// The register after the four lanes of `sum`, which stand one after the other.
CKPT_AVX512 inline uint32_t Reduce(Vector sum) {
  const __m128i factors = _mm_set_epi64x(kHigh<128>, kLow<128>);
  alignas(kVector) __m128i lanes[4];
  _mm512_store_si512(lanes, sum);
  __m128i all = lanes[0];
  for (size_t i = 1; i < 4; ++i) {
    const __m128i low = _mm_clmulepi64_si128(all, factors, 0x00);
    const __m128i high = _mm_clmulepi64_si128(all, factors, 0x11);
    all = _mm_xor_si128(_mm_xor_si128(low, high), lanes[i]);
  }
  // The crc32 instruction takes the remainder of what is left.
  const auto first = static_cast<uint64_t>(_mm_cvtsi128_si64(all));
  const auto second = static_cast<uint64_t>(_mm_extract_epi64(all, 1));
  return crc32c::Sse42Step::Word(crc32c::Sse42Step::Word(0, first), second);
}

// `crc` extended by the vectors of `source`. `size` is a multiple of their size, at least `count`
// of them. A streamed target is aligned.
template <Store store, size_t count>
CKPT_AVX512 uint32_t FoldAll(uint32_t crc, const uint8_t* source, size_t size, uint8_t* target) {
  constexpr size_t kStep = count * kVector;
  Vector sums[count];
  for (size_t i = 0; i < count; ++i) {
    sums[i] = Take<store>(source, target, i * kVector);
  }
  const __m128i start = _mm_cvtsi32_si128(static_cast<int>(~crc));
  sums[0] = _mm512_xor_si512(sums[0], _mm512_zextsi128_si512(start));
  size_t at = kStep;
  const Vector by_step = Factors<8 * kStep>();
  for (; size - at >= kStep; at += kStep) {
    for (size_t i = 0; i < count; ++i) {
      const size_t from = at + i * kVector;
      sums[i] = Fold(sums[i], by_step, Take<store>(source, target, from));
    }
  }
  const Vector by_vector = Factors<8 * kVector>();
  Vector sum = sums[0];
  for (size_t i = 1; i < count; ++i) sum = Fold(sum, by_vector, sums[i]);
  for (; at < size; at += kVector) {
    sum = Fold(sum, by_vector, Take<store>(source, target, at));
  }
  // Streamed stores are not ordered with later ones, by which another thread learns of them.
  if constexpr (store == Store::kStreamed) _mm_sfence();
  return ~Reduce(sum);
}

uint32_t Extend(uint32_t crc, const uint8_t* data, size_t size) noexcept {
  if (size >= kMinFolded) {
    const size_t folded = size / kVector * kVector;
    crc = FoldAll<Store::kNone, 4>(crc, data, folded, nullptr);
    data += folded;
    size -= folded;
  }
  return crc32c::Sse42::Extend(crc, data, size);
}

uint32_t CopyFew(uint32_t crc, uint8_t* target, const uint8_t* source, size_t size) noexcept {
  std::memcpy(target, source, size);
  return crc32c::Sse42::Extend(crc, target, size);
}

uint32_t Copy(uint32_t crc, uint8_t* target, const uint8_t* source, size_t size,
              CopyTo to) noexcept {
  if (size == 0) return crc;
  if (size < kMinFolded) return CopyFew(crc, target, source, size);
  size_t done = 0;
  if (to == CopyTo::kMemory && size >= kMinStreamed) {
    done = -reinterpret_cast<uintptr_t>(target) % kVector;
    crc = CopyFew(crc, target, source, done);
    const size_t folded = (size - done) / kVector * kVector;
    // Eight: they also keep more reads on the way, which is what a copy from memory waits for.
    crc = FoldAll<Store::kStreamed, 8>(crc, source + done, folded, target + done);
    done += folded;
  } else {
    done = size / kVector * kVector;
    crc = FoldAll<Store::kCached, 4>(crc, source, done, target);
  }
  return CopyFew(crc, target + done, source + done, size - done);
}

// Asks the operating system as well: it has to keep the wide registers of each thread.
bool Supported() noexcept {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("vpclmulqdq") && __builtin_cpu_supports("pclmul") &&
         __builtin_cpu_supports("sse4.2");
}

}  // namespace

const Crc32cImplementation* Crc32cAvx512() noexcept {
  static constexpr Crc32cImplementation kImplementation{"avx512", Extend, Copy};
  return Supported() ? &kImplementation : nullptr;
}

}  // namespace ckpt

#else

const ckpt::Crc32cImplementation* ckpt::Crc32cAvx512() noexcept { return nullptr; }

#endif
