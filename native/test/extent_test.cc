#include "core/extent.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ckpt {
namespace {

TEST(Extent, FitsWithoutOverflow) {
  EXPECT_TRUE((Extent{0, 0}.FitsIn(0)));
  EXPECT_TRUE((Extent{10, 0}.FitsIn(10)));
  EXPECT_TRUE((Extent{4, 6}.FitsIn(10)));
  EXPECT_FALSE((Extent{4, 7}.FitsIn(10)));
  EXPECT_FALSE((Extent{11, 0}.FitsIn(10)));
  EXPECT_FALSE((Extent{UINT64_MAX, 2}.FitsIn(10)));
  EXPECT_FALSE((Extent{2, UINT64_MAX}.FitsIn(10)));
}

TEST(Extent, OnlySafeIntegersAreOffsets) {
  uint64_t value = 0;
  EXPECT_TRUE(ToUint64(0, &value));
  EXPECT_TRUE(ToUint64(9007199254740991.0, &value));
  EXPECT_EQ(value, kMaxSafeInteger);
  const double infinity = HUGE_VAL;
  for (double bad : {-1.0, 0.5, 9007199254740992.0, 1e300, std::nan(""), infinity, -infinity}) {
    EXPECT_FALSE(ToUint64(bad, &value)) << bad;
  }
  uint32_t narrow = 0;
  EXPECT_TRUE(ToUint32(4294967295.0, &narrow));
  EXPECT_FALSE(ToUint32(4294967296.0, &narrow));
}

TEST(Extent, CheckedAddSeesOverflow) {
  uint64_t sum = 0;
  EXPECT_TRUE(CheckedAdd(1, 2, &sum));
  EXPECT_EQ(sum, 3u);
  EXPECT_FALSE(CheckedAdd(UINT64_MAX, 1, &sum));
}

}  // namespace
}  // namespace ckpt
