#pragma once
// Memory that direct access to a disk takes: whole pages.

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "status.h"

namespace ckpt {

class AlignedBuffer {
 public:
  // In huge pages where there are any: a disk takes a few long runs of memory faster than a
  // thousand short ones.
  static Result<AlignedBuffer> Create(size_t bytes) {
    constexpr size_t kHugePage = size_t{2} << 20;
    Result<AlignedBuffer> mapped = Map(bytes + kHugePage, MAP_PRIVATE);
    if (!mapped.ok()) return mapped.status();
    AlignedBuffer buffer = std::move(mapped).value();
    const uintptr_t start = reinterpret_cast<uintptr_t>(buffer.mapped_.data());
    buffer.data_ = buffer.mapped_.data() + (kHugePage - start % kHugePage) % kHugePage;
#if defined(MADV_HUGEPAGE)
    ::madvise(buffer.data_, bytes, MADV_HUGEPAGE);
#endif
    return buffer;
  }

  // A forked process sees the same memory.
  static Result<AlignedBuffer> CreateShared(size_t bytes) { return Map(bytes, MAP_SHARED); }

  AlignedBuffer() = default;
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : mapped_(std::exchange(other.mapped_, {})), data_(std::exchange(other.data_, nullptr)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(mapped_, other.mapped_);
    std::swap(data_, other.data_);
    return *this;
  }
  ~AlignedBuffer() {
    if (!mapped_.empty()) ::munmap(mapped_.data(), mapped_.size());
  }

  std::byte* data() const noexcept { return data_; }

 private:
  explicit AlignedBuffer(std::span<std::byte> mapped) noexcept
      : mapped_(mapped), data_(mapped.data()) {}

  static Result<AlignedBuffer> Map(size_t bytes, int flags) {
    void* address = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) return Status::FromErrno(errno, "mmap", "a buffer");
    return AlignedBuffer({static_cast<std::byte*>(address), bytes});
  }

  std::span<std::byte> mapped_;
  std::byte* data_ = nullptr;
};

}  // namespace ckpt
