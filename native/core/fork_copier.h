#pragma once
// A process that holds this one's memory as it was at one moment, and copies parts of it on
// request.
//
// It is forked without what a program does around a fork: it runs no handler, takes no lock,
// allocates nothing and touches no file. All it does is to wait for requests in shared memory and
// to copy. So it does not matter what the threads of this process were about when it was forked.
//
// It ends when it is told to, and with the thread that forked it.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "aligned_buffer.h"
#include "chunks.h"
#include "job.h"
#include "status.h"

namespace ckpt {

class ForkCopier {
 public:
  // As many threads may ask at a time, each with a slot of its own.
  static constexpr int kSlots = 4;

  // Bytes to be copied to `at` of the slot's buffer.
  struct Segment {
    const std::byte* source;
    uint64_t length;
    uint64_t at;
  };
  static constexpr size_t kMaxSegments = 4096;

  // ENOTSUP where the system cannot do it; EAGAIN, ENOMEM as fork.
  static Result<std::unique_ptr<ForkCopier>> Start();

  ~ForkCopier() { Stop(); }
  ForkCopier(const ForkCopier&) = delete;
  ForkCopier& operator=(const ForkCopier&) = delete;

  // Of kChunkBytes; begins at a sector.
  std::byte* buffer(int slot) const noexcept;
  // Room for the segments of the next request.
  std::span<Segment> segments(int slot) const noexcept;

  // Has the first `count` segments copied. ECHILD if the process is gone.
  Status Copy(int slot, size_t count, Job& job);

  // Ends the process. Idempotent; no request may be under way.
  void Stop() noexcept;

 private:
  struct Shared;

  explicit ForkCopier(AlignedBuffer memory) noexcept : memory_(std::move(memory)) {}
  Shared& shared() const noexcept;
  bool Gone() const noexcept;
  [[noreturn]] static void Serve(Shared& shared, std::byte* memory, pid_t parent) noexcept;

  AlignedBuffer memory_;
  pid_t process_ = 0;
};

}  // namespace ckpt
