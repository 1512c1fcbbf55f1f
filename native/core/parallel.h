#pragma once
// Runs independent pieces of work on short-lived threads of our own: libuv's four pool threads
// belong to the program's file and network calls.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "status.h"

namespace ckpt {

inline constexpr int kMaxThreads = 16;

// Calls body(i), which returns a Status, for each i below `count` on at most `threads` threads, the
// calling one among them. After a failure no further piece starts. Returns the failure that came
// first, when all threads have ended. Where threads cannot be had, runs on fewer.
template <typename Body>
Status RunParallel(size_t count, int threads, Body&& body) noexcept {
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  Status first;
  const auto work = [&]() noexcept {
    while (!failed.load(std::memory_order_relaxed)) {
      const size_t i = next.fetch_add(1, std::memory_order_relaxed);
      if (i >= count) return;
      Status status = NoThrow([&] { return body(i); });
      if (status.ok()) continue;
      std::lock_guard lock(mutex);
      if (!failed.exchange(true)) first = std::move(status);
    }
  };
  std::vector<std::thread> helpers;
  const size_t wanted =
      std::min<size_t>(count, static_cast<size_t>(std::clamp(threads, 1, kMaxThreads)));
  try {
    helpers.reserve(wanted);
    for (size_t i = 1; i < wanted; ++i) helpers.emplace_back(work);
  } catch (const std::exception&) {
    // Out of threads or memory: those that exist, at least this one, do it all.
  }
  work();
  for (std::thread& helper : helpers) helper.join();
  return first;
}

}  // namespace ckpt
