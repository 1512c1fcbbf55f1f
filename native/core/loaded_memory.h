#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "counters.h"
#include "status.h"

namespace ckpt {

// Memory for the rows of one load, one mapping for all of them: no page of it is made or zeroed
// before a reading thread stores into it, and large rows lie in huge pages.
//
// Held by shared_ptr: every ArrayBuffer over a row keeps a reference, as with Mapping. The rows do
// not overlap, so that each can be written to and released on its own.
class LoadedMemory {
 public:
  // Rows of this length and more have pages of their own.
  static constexpr uint64_t kOwnPages = 16 << 10;

  static Result<std::shared_ptr<LoadedMemory>> Create(std::span<const uint64_t> lengths);
  ~LoadedMemory();

  LoadedMemory(const LoadedMemory&) = delete;
  LoadedMemory& operator=(const LoadedMemory&) = delete;

  size_t rows() const noexcept { return rows_.size(); }
  // Aligned for elements of any width. The content is zero until something is read into it.
  std::span<std::byte> row(size_t i) const noexcept { return rows_[i]; }
  // Bytes of all rows.
  uint64_t size() const noexcept { return size_; }

  // Gives the whole pages of a row back to the system; they read as zeros afterwards.
  // REQUIRES: nobody uses the row any more.
  void Release(size_t i) noexcept;

 private:
  LoadedMemory() = default;

  std::span<std::byte> mapped_;
  std::vector<std::span<std::byte>> rows_;
  uint64_t size_ = 0;
  Counted<Kind::kMapping> counted_;  // a mapping to whoever looks for leaks
};

}  // namespace ckpt
