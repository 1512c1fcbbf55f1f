#pragma once
// Bounds how fast bytes are written, so that the disk and the memory keep room for others.

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "job.h"

namespace ckpt {

// Any thread may call anything.
class Throttle {
 public:
  // 0: no bound.
  explicit Throttle(double bytes_per_second) noexcept : rate_(bytes_per_second) {}

  // Waits for the turn of so many bytes.
  Status Wait(uint64_t bytes, const Job& job) {
    if (rate_ <= 0) return Status::Ok();
    Clock::time_point turn;
    {
      std::lock_guard lock(mutex_);
      turn = std::max(next_, Clock::now());
      const std::chrono::duration<double> span(static_cast<double>(bytes) / rate_);
      next_ = turn + std::chrono::duration_cast<Clock::duration>(span);
    }
    while (Clock::now() < turn) {
      CKPT_TRY(job.Check());
      const auto rest = turn - Clock::now();
      const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(rest).count();
      const timespec time{0, std::clamp<long>(nanoseconds, 0, kLookAfterNanoseconds)};
      ::nanosleep(&time, nullptr);
    }
    return Status::Ok();
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr long kLookAfterNanoseconds = 10'000'000;

  const double rate_;
  std::mutex mutex_;
  Clock::time_point next_{};
};

}  // namespace ckpt
