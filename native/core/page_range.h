#pragma once
// Addresses of whole pages, and sets of them: vectors that are sorted and whose ranges do not
// touch.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ckpt {

struct PageRange {
  uintptr_t start = 0;
  uintptr_t end = 0;

  bool operator==(const PageRange&) const = default;
};

using PageRanges = std::vector<PageRange>;

size_t PageSize() noexcept;

// All pages that some of the bytes lie in.
PageRange PagesOf(std::span<const std::byte> bytes) noexcept;
// All pages that hold nothing but these bytes; the start may be the end if there is none.
PageRange PagesInside(std::span<const std::byte> bytes) noexcept;

// Makes a set of any ranges. Those with less than `gap` bytes between them become one.
void MakeSet(PageRanges& ranges, size_t gap = 1);

// True if some page is in both.
bool Meets(const PageRanges& set, PageRange range) noexcept;

// True if all pages of `range` are in the set.
bool Contains(const PageRanges& set, PageRange range) noexcept;

// What is in `set` and not in `others`.
PageRanges Without(const PageRanges& set, const PageRanges& others);

}  // namespace ckpt
