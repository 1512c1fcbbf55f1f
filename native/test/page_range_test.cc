#include "core/page_range.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace ckpt {
namespace {

TEST(PageRange, IsOfWholePages) {
  const uintptr_t page = PageSize();
  const auto bytes = [&](uintptr_t start, size_t size) {
    return std::span(reinterpret_cast<const std::byte*>(start), size);
  };
  EXPECT_EQ(PagesOf(bytes(page, page)), (PageRange{page, 2 * page}));
  EXPECT_EQ(PagesOf(bytes(page + 1, page)), (PageRange{page, 3 * page}));
  EXPECT_EQ(PagesOf(bytes(2 * page - 1, 1)), (PageRange{page, 2 * page}));
  EXPECT_EQ(PagesInside(bytes(page, page)), (PageRange{page, 2 * page}));
  EXPECT_EQ(PagesInside(bytes(page + 1, 2 * page - 2)), (PageRange{2 * page, 2 * page}));
  EXPECT_EQ(PagesInside(bytes(page + 1, 2 * page - 1)), (PageRange{2 * page, 3 * page}));
}

TEST(PageRange, SetsAreSortedAndDoNotTouch) {
  PageRanges ranges = {{7, 9}, {1, 3}, {3, 4}, {2, 3}, {5, 5}, {12, 13}};
  PageRanges near = ranges;
  MakeSet(ranges);
  EXPECT_EQ(ranges, (PageRanges{{1, 4}, {7, 9}, {12, 13}}));
  MakeSet(near, 4);
  EXPECT_EQ(near, (PageRanges{{1, 13}}));
}

// Against sets of single numbers.
TEST(PageRange, OperationsAgreeWithSetsOfNumbers) {
  constexpr uintptr_t kMost = 40;
  std::mt19937 random(1);
  const auto number = [&](uintptr_t most) { return random() % (most + 1); };
  const auto make = [&] {
    PageRanges ranges(number(6));
    for (PageRange& range : ranges) range.end = (range.start = number(kMost)) + number(5);
    MakeSet(ranges);
    return ranges;
  };
  const auto numbers = [](const PageRanges& ranges) {
    std::set<uintptr_t> all;
    for (const PageRange& range : ranges) {
      for (uintptr_t i = range.start; i < range.end; ++i) all.insert(i);
    }
    return all;
  };
  for (int i = 0; i < 20'000; ++i) {
    const PageRanges a = make();
    const PageRanges b = make();
    const std::set<uintptr_t> in_a = numbers(a);
    std::set<uintptr_t> rest = in_a;
    for (const uintptr_t value : numbers(b)) rest.erase(value);
    ASSERT_EQ(numbers(Without(a, b)), rest);
    const uintptr_t start = number(kMost);
    const PageRange range{start, start + 1 + number(5)};
    size_t inside = 0;
    for (uintptr_t k = range.start; k < range.end; ++k) inside += in_a.count(k);
    ASSERT_EQ(Meets(a, range), inside > 0);
    ASSERT_EQ(Contains(a, range), inside == range.end - range.start);
  }
}

}  // namespace
}  // namespace ckpt
