#include "copy_stream.h"

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace ckpt {

#if defined(__x86_64__)
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kLine = 64;
// Below, the caches hold it anyway.
constexpr size_t kSmall = 64 << 10;

void CopyLine(std::byte* target, const std::byte* source) noexcept {
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

}  // namespace

void CopyStream(std::byte* target, std::span<const std::byte> source) noexcept {
  const std::byte* from = source.data();
  size_t rest = source.size();
  if (rest >= kSmall) {
    const size_t ahead = (kLine - reinterpret_cast<uintptr_t>(target) % kLine) % kLine;
    std::memcpy(target, from, ahead);
    target += ahead;
    from += ahead;
    rest -= ahead;
    // Four pages side by side keep the prefetchers of four streams busy, which one page does not.
    for (; rest >= 4 * kPage; target += 4 * kPage, from += 4 * kPage, rest -= 4 * kPage) {
      for (size_t line = 0; line < kPage; line += kLine) {
        for (size_t page = 0; page < 4 * kPage; page += kPage) {
          CopyLine(target + page + line, from + page + line);
        }
      }
    }
    // Streamed stores are ordered with nothing else until this.
    _mm_sfence();
  }
  if (rest > 0) std::memcpy(target, from, rest);
}
#else
void CopyStream(std::byte* target, std::span<const std::byte> source) noexcept {
  if (!source.empty()) std::memcpy(target, source.data(), source.size());
}
#endif

}  // namespace ckpt
