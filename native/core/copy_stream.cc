#include "copy_stream.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "copy_lines.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace ckpt {
namespace {

// Below, the caches hold it anyway.
constexpr size_t kSmall = 64 << 10;
// Shorter pieces tell little of a copy's speed.
constexpr size_t kTold = 256 << 10;
// How often each way is tried.
constexpr size_t kTries = 16;

int64_t Now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1'000'000'000) + now.tv_nsec;
}

// Streamed stores are ordered with nothing else until this.
void Fence() noexcept {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

// Which way is fastest depends on the processor: on some the first one by a tenth, on others the
// second by half. They take turns on the first pieces; then that goes on which was fastest at its
// best, when nothing disturbed it.
class FastestCopy {
 public:
  void Copy(std::byte* target, const std::byte* source, size_t size) noexcept {
    const size_t turn = turn_.load(std::memory_order_relaxed);
    const bool decided = turn >= kTries * ways_.size();
    const size_t way = decided ? best_.load(std::memory_order_relaxed) : turn % ways_.size();
    const int64_t begin = decided ? 0 : Now();
    ways_[way](target, source, size);
    Fence();
    if (!decided && size >= kTold) Tell(way, (Now() - begin) * 1024 / static_cast<int64_t>(size));
  }

  bool exists() const noexcept { return !ways_.empty(); }

 private:
  static constexpr size_t kMost = 2;

  void Tell(size_t way, int64_t time) noexcept {
    if (time < times_[way].load(std::memory_order_relaxed)) times_[way] = time;
    size_t best = 0;
    for (size_t i = 1; i < ways_.size(); ++i) {
      if (times_[i] < times_[best]) best = i;
    }
    best_ = best;
    turn_.fetch_add(1, std::memory_order_relaxed);
  }

  const std::span<const CopyLines> ways_ = LineCopies().first(std::min(kMost, LineCopies().size()));
  std::array<std::atomic<int64_t>, kMost> times_{INT64_MAX, INT64_MAX};
  std::atomic<size_t> best_{0};
  std::atomic<size_t> turn_{0};
};

}  // namespace

void CopyStream(std::byte* target, std::span<const std::byte> source) noexcept {
  static FastestCopy fastest;
  const std::byte* from = source.data();
  size_t rest = source.size();
  if (rest >= kSmall && fastest.exists()) {
    const size_t ahead = -reinterpret_cast<uintptr_t>(target) % kLineBytes;
    const size_t lines = (rest - ahead) / kLineBytes * kLineBytes;
    std::memcpy(target, from, ahead);
    fastest.Copy(target + ahead, from + ahead, lines);
    target += ahead + lines;
    from += ahead + lines;
    rest -= ahead + lines;
  }
  if (rest > 0) std::memcpy(target, from, rest);
}

}  // namespace ckpt
