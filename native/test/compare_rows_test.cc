#include "core/compare_rows.h"

#include "core/crc32c.h"
#include "test_plan.h"

namespace ckpt {
namespace {

// Three arrays, the first over several chunks, and an earlier file that has them elsewhere.
class Compare : public testing::TestWithParam<Mode> {
 protected:
  Compare() {
    plan_.mode = GetParam();
    plan_.heads = "HEAD";
    plan_.texts = {Pattern(9'000'000, 1), Pattern(5000, 2), Pattern(100, 3)};
    plan_.sizes = {10'000'000};
    plan_.Row(0, 0, 0, 4, 0);
    plan_.Row(0, 9'000'064, 0, 0, 1);
    plan_.Row(0, 9'100'000, 0, 4, 2);
    EXPECT_TRUE(plan_.Prepare().ok());
    plan_.plan.snapshot->Fill();
    file_ = "xx" + ("HEAD" + plan_.texts[0]) + plan_.texts[1] + ("HEAD" + plan_.texts[2]);
  }

  Comparison Run(std::vector<double> rows = {}) {
    if (rows.empty()) rows = {0, 0, 2, 1, 0, 9'000'006, 2, 0, 9'005'006};
    WriteText(plan_.dir / "earlier", file_);
    ComparePlan plan{
        plan_.plan.snapshot, last_, {plan_.dir / "earlier", plan_.dir / "none"}, rows, 3};
    auto result = CompareRows(plan, plan_.job);
    EXPECT_TRUE(result.ok()) << result.status().message;
    return std::move(result).value();
  }
  using Same = std::vector<uint8_t>;

  TestPlan plan_;
  std::string file_;
  std::shared_ptr<Snapshot> last_;
};

TEST_P(Compare, FindsWhatTheFileHas) {
  const Comparison found = Run();
  EXPECT_EQ(found.same, (Same{1, 1, 1}));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(found.crcs[i], Crc32cExtend(0, AsBytes(plan_.texts[i])));
  EXPECT_EQ(found.files[0].size, file_.size());
  EXPECT_EQ(found.files[1], FileIdentity{});
}

TEST_P(Compare, SeesEveryByte) {
  for (size_t at : {size_t{2}, size_t{6}, size_t{4'194'310}, size_t{9'000'005}}) {
    file_[at] ^= 4;
    EXPECT_EQ(Run().same, (Same{0, 1, 1})) << at;
    file_[at] ^= 4;
  }
  file_.back() ^= 4;
  EXPECT_EQ(Run().same, (Same{1, 1, 0}));
}

TEST_P(Compare, WhatIsNotAskedForOrNotThereIsNotTheSame) {
  EXPECT_EQ(Run({1, 0, 9'000'006}).same, (Same{0, 1, 0}));
  EXPECT_EQ(Run({0, 1, 2, 1, 1, 9'000'006}).same, (Same{0, 0, 0}));
  EXPECT_EQ(Run({0, 0, 3}).same, (Same{0, 0, 0}));
  EXPECT_EQ(Run({2, 0, 9'005'007, 1, 0, 9007199254740991.0}).same, (Same{0, 0, 0}));
}

TEST_P(Compare, WithAnImage) {
  TestPlan earlier;
  earlier.mode = Mode::kImage;
  earlier.heads = "HEAD";
  earlier.texts = {plan_.texts[2], plan_.texts[0], plan_.texts[1] + "x"};
  earlier.sizes = {10'000'000};
  earlier.Row(0, 0, 0, 4, 0);
  earlier.Row(0, 200, 0, 4, 1);
  earlier.Row(0, 9'100'000, 0, 0, 2);
  ASSERT_TRUE(earlier.Prepare().ok());
  last_ = earlier.plan.snapshot;
  last_->Fill();
  EXPECT_EQ(Run({0, -1, 1, 1, -1, 2, 2, -1, 0}).same, (Same{1, 0, 1})) << "one is longer";
  EXPECT_EQ(Run({0, -1, 1, 2, -1, 2}).same, (Same{1, 0, 0}));
}

TEST_P(Compare, RefusesWhatIsNoRow) {
  const auto fails = [&](std::vector<double> rows) {
    ComparePlan plan{plan_.plan.snapshot, nullptr, {"a"}, rows, 1};
    return !CompareRows(plan, plan_.job).ok();
  };
  EXPECT_TRUE(fails({3, 0, 0}));
  EXPECT_TRUE(fails({0, 1, 0}));
  EXPECT_TRUE(fails({0, -1, 0}));
  EXPECT_TRUE(fails({0, 0}));
  EXPECT_TRUE(fails({0, 0, -1}));
  EXPECT_TRUE(fails({0.5, 0, 0}));
}

INSTANTIATE_TEST_SUITE_P(Modes, Compare, testing::Values(Mode::kLive, Mode::kImage, Mode::kFork));

}  // namespace
}  // namespace ckpt
