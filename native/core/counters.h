#pragma once
// Live objects of this process, for tests of leaks.

#include <atomic>
#include <cstdint>

namespace ckpt {

enum class Kind { kMapping, kSnapshot, kStaging, kTask, kLock, kSpares, kTracker, kCount };

inline std::atomic<int64_t> live_objects[static_cast<int>(Kind::kCount)];

inline int64_t LiveCount(Kind kind) { return live_objects[static_cast<int>(kind)].load(); }

// A member of this type counts its owner.
template <Kind kind>
struct Counted {
  Counted() { live_objects[static_cast<int>(kind)].fetch_add(1); }
  ~Counted() { live_objects[static_cast<int>(kind)].fetch_sub(1); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
};

}  // namespace ckpt
