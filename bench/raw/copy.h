#pragma once
// Limits of a snapshot: one copy of the bytes, and a fork of the process that holds them.

#include <sys/wait.h>

#include "common.h"

constexpr int kRepeats = 3;

inline int64_t Middle(std::vector<int64_t> times) {
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

inline void Copy(size_t bytes) {
  Memory source(bytes, false);
  Memory target(bytes, true);
  source.Touch(bytes);
  target.Touch(bytes);
  std::vector<int64_t> passes;
  for (int i = 0; i < kRepeats; ++i) {
    const Stopwatch watch;
    std::memcpy(target.data(), source.data(), bytes);
    passes.push_back(watch.Nanoseconds());
  }
  Emit("memcpy", Middle(passes));
}

// The time of the parent: its page tables are copied.
inline void Fork(size_t bytes) {
  Memory state(bytes, false);
  state.Touch(bytes);
  std::vector<int64_t> times;
  for (int i = 0; i < kRepeats; ++i) {
    const Stopwatch watch;
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    if (child < 0) Fail("fork");
    times.push_back(watch.Nanoseconds());
    ::waitpid(child, nullptr, 0);
  }
  Emit("fork", Middle(times));
}
