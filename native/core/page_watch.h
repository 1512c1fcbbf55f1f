#pragma once
// Shares the kernel's marks of pages among all who ask for them in this process.

#include <cstdint>
#include <span>

#include "page_range.h"

namespace ckpt {

// What one tracker wants to know of pages. Whoever looks sets marks again, so all other watches are
// told which pages had none, and take them for written until they look themselves.
//
// Any thread; all watches of the process take turns.
class PageWatch {
 public:
  // Rows of fewer bytes may count as changed because of their neighbours.
  static constexpr size_t kMinRow = 32 << 10;
  // Each range that is registered can split a mapping in three, and a process may have 65530.
  static constexpr size_t kMaxRanges = 8192;

  PageWatch();
  ~PageWatch();
  PageWatch(const PageWatch&) = delete;
  PageWatch& operator=(const PageWatch&) = delete;

  // Sets unchanged[i] if no page of rows[i] can have been written to since the last call, which had
  // these pages as well; to 0 otherwise. If it throws, the
  // next call tells of the time before as well.
  void Look(std::span<const PageRange> rows, std::span<uint8_t> unchanged);

 private:
  struct Shared;
  static Shared& shared();

  PageRanges Choose(std::span<const PageRange> rows, std::span<uint8_t> usable) const;
  void Find(const PageRanges& ranges);
  void Tell(const PageRanges& changed) noexcept;

  PageRanges ranges_;   // registered for this watch; all else is unknown to it
  PageRanges changed_;  // found since the last look
  bool unsure_ = true;  // more was found, and it is not known what
};

}  // namespace ckpt
