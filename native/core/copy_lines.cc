#include "copy_lines.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <array>

#define CKPT_AVX512 __attribute__((target("avx512f")))

namespace ckpt {
namespace {

constexpr size_t kPage = 4096;

inline void CopyLine(std::byte* target, const std::byte* source) noexcept {
  const auto* from = reinterpret_cast<const __m128i*>(source);
  auto* to = reinterpret_cast<__m128i*>(target);
  const __m128i a = _mm_loadu_si128(from);
  const __m128i b = _mm_loadu_si128(from + 1);
  const __m128i c = _mm_loadu_si128(from + 2);
  const __m128i d = _mm_loadu_si128(from + 3);
  _mm_stream_si128(to, a);
  _mm_stream_si128(to + 1, b);
  _mm_stream_si128(to + 2, c);
  _mm_stream_si128(to + 3, d);
}

// Four pages side by side keep the prefetchers of four streams busy, which one page does not.
void CopyPages(std::byte* target, const std::byte* source, size_t size) noexcept {
  size_t at = 0;
  for (; size - at >= 4 * kPage; at += 4 * kPage) {
    for (size_t line = 0; line < kPage; line += kLineBytes) {
      for (size_t page = 0; page < 4 * kPage; page += kPage) {
        CopyLine(target + at + page + line, source + at + page + line);
      }
    }
  }
  for (; at < size; at += kLineBytes) CopyLine(target + at, source + at);
}

CKPT_AVX512 inline void CopyWideLine(std::byte* target, const std::byte* source) noexcept {
  _mm512_stream_si512(reinterpret_cast<__m512i*>(target), _mm512_loadu_si512(source));
}

// Each line by one store, so that none waits half full.
CKPT_AVX512 void CopyWide(std::byte* target, const std::byte* source, size_t size) noexcept {
  constexpr size_t kStep = 8 * kLineBytes;
  size_t at = 0;
  for (; size - at >= kStep; at += kStep) {
    for (size_t i = 0; i < kStep; i += kLineBytes) CopyWideLine(target + at + i, source + at + i);
  }
  for (; at < size; at += kLineBytes) CopyWideLine(target + at, source + at);
}

}  // namespace

std::span<const CopyLines> LineCopies() noexcept {
  static constexpr std::array<CopyLines, 2> kCopies{CopyPages, CopyWide};
  return std::span(kCopies).first(__builtin_cpu_supports("avx512f") ? 2 : 1);
}

}  // namespace ckpt

#else

namespace ckpt {
std::span<const CopyLines> LineCopies() noexcept { return {}; }
}  // namespace ckpt

#endif
