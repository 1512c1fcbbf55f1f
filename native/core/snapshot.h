#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "counters.h"
#include "staging_memory.h"
#include "status.h"

namespace ckpt {

using Bytes = std::span<const std::byte>;

// The arrays of one save, copied or live. Immutable; shared between the JavaScript object and the
// operations that use it. With live arrays it does not own their memory: whoever holds it must keep
// the arrays alive as well.
class Snapshot {
 public:
  static std::shared_ptr<Snapshot> Live(std::vector<Bytes> sources);
  // Copies at once, on this thread; each source starts at a multiple of 64 bytes.
  static Result<std::shared_ptr<Snapshot>> Copy(std::span<const Bytes> sources) noexcept;

  std::span<const Bytes> sources() const noexcept { return sources_; }
  // Sum of the sources' lengths.
  size_t byte_length() const noexcept { return byte_length_; }
  bool copied() const noexcept { return copied_; }

 private:
  Snapshot() = default;

  std::vector<Bytes> sources_;
  std::shared_ptr<StagingMemory>
      memory_;  // null for live arrays, and when there is nothing to copy
  size_t byte_length_ = 0;
  bool copied_ = false;
  Counted<Kind::kSnapshot> counted_;
};

}  // namespace ckpt
