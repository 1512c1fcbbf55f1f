#pragma once
// Memory that direct access to a disk takes: whole pages.

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

#include "status.h"

namespace ckpt {

class AlignedBuffer {
 public:
  // `shared`: a forked process sees the same memory.
  static Result<AlignedBuffer> Create(size_t bytes, bool shared = false) {
    const int flags = MAP_ANONYMOUS | (shared ? MAP_SHARED : MAP_PRIVATE);
    void* address = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (address == MAP_FAILED) return Status::FromErrno(errno, "mmap", "a buffer");
    return AlignedBuffer({static_cast<std::byte*>(address), bytes});
  }

  AlignedBuffer() = default;
  AlignedBuffer(AlignedBuffer&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~AlignedBuffer() {
    if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
  }

  std::byte* data() const noexcept { return bytes_.data(); }
  size_t size() const noexcept { return bytes_.size(); }

 private:
  explicit AlignedBuffer(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}
  std::span<std::byte> bytes_;
};

}  // namespace ckpt
