#include "page_range.h"

#include <unistd.h>

#include <algorithm>

namespace ckpt {

size_t PageSize() noexcept {
  static const auto size = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

PageRange PagesOf(std::span<const std::byte> bytes) noexcept {
  const uintptr_t mask = PageSize() - 1;
  const auto start = reinterpret_cast<uintptr_t>(bytes.data());
  return {start & ~mask, (start + bytes.size() + mask) & ~mask};
}

PageRange PagesInside(std::span<const std::byte> bytes) noexcept {
  const uintptr_t mask = PageSize() - 1;
  const auto start = reinterpret_cast<uintptr_t>(bytes.data());
  const uintptr_t first = (start + mask) & ~mask;
  return {first, std::max(first, (start + bytes.size()) & ~mask)};
}

void MakeSet(PageRanges& ranges, size_t gap) {
  std::erase_if(ranges, [](const PageRange& range) { return range.start >= range.end; });
  std::sort(ranges.begin(), ranges.end(),
            [](const PageRange& a, const PageRange& b) { return a.start < b.start; });
  size_t kept = 0;
  for (const PageRange& range : ranges) {
    if (kept > 0 &&
        (range.start <= ranges[kept - 1].end || range.start - ranges[kept - 1].end < gap)) {
      ranges[kept - 1].end = std::max(ranges[kept - 1].end, range.end);
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
}

namespace {

// The first range of the set that ends behind `address`.
PageRanges::const_iterator Behind(const PageRanges& set, uintptr_t address) noexcept {
  return std::partition_point(set.begin(), set.end(),
                              [&](const PageRange& range) { return range.end <= address; });
}

}  // namespace

bool Meets(const PageRanges& set, PageRange range) noexcept {
  const auto found = Behind(set, range.start);
  return found != set.end() && found->start < range.end;
}

bool Contains(const PageRanges& set, PageRange range) noexcept {
  const auto found = Behind(set, range.start);
  return found != set.end() && found->start <= range.start && found->end >= range.end;
}

PageRanges Without(const PageRanges& set, const PageRanges& others) {
  PageRanges rest;
  auto other = others.begin();
  for (const PageRange& range : set) {
    uintptr_t at = range.start;
    while (other != others.end() && other->end <= at) ++other;
    // One that reaches into the next range is needed for that again.
    for (auto next = other; next != others.end() && next->start < range.end; ++next) {
      if (next->start > at) rest.push_back({at, next->start});
      at = next->end;
    }
    if (at < range.end) rest.push_back({at, range.end});
  }
  return rest;
}

}  // namespace ckpt
