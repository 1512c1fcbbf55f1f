#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "status.h"

namespace ckpt {

// A block of huge-page memory for copied arrays. Filling fresh pages is several times slower than
// filling warm ones, and the training loop waits for it, so released blocks go to a pool of this
// process and stay mapped there: the last one warm, until `Cool` is called, the one before marked
// as free for the kernel to take. It takes such memory as soon as the page cache wants to grow, and
// the next save would pay for that.
//
// The pool may be used from any thread; a block belongs to whoever holds it.
class StagingMemory {
 public:
  static Result<std::shared_ptr<StagingMemory>> Acquire(size_t bytes);
  // Gives the memory to the pool, which keeps the two blocks released last.
  ~StagingMemory();

  StagingMemory(const StagingMemory&) = delete;
  StagingMemory& operator=(const StagingMemory&) = delete;

  // At least the bytes asked for; their content is undefined.
  std::span<std::byte> bytes() const noexcept { return bytes_; }

  // Marks all that the pool holds as free for the kernel to take.
  static void Cool() noexcept;

  // Unmaps what the pool holds.
  static void TrimPool() noexcept;
  static size_t PooledBytes() noexcept;

 private:
  explicit StagingMemory(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}
  std::span<std::byte> bytes_;
};

}  // namespace ckpt
