#pragma once
// What an operation shares with those who watch it. Any thread may call anything here.

#include <atomic>
#include <cstdint>

#include "status.h"

namespace ckpt {

class Job {
 public:
  void Cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_relaxed); }

  // Bytes moved or checked so far.
  uint64_t done() const noexcept { return done_.load(std::memory_order_relaxed); }
  void Add(uint64_t bytes) noexcept { done_.fetch_add(bytes, std::memory_order_relaxed); }

  Status Check() const { return cancelled() ? Status::Aborted() : Status::Ok(); }

 private:
  std::atomic<bool> cancelled_{false};
  std::atomic<uint64_t> done_{0};
};

}  // namespace ckpt
