#include "core/shard_layout.h"

#include "test_plan.h"

namespace ckpt {
namespace {

TEST(ShardPlan, BadRowsAreNamed) {
  const double bad[][6] = {
      {1, 0, 0, 0, 0, 0},    {-1, 0, 0, 0, 0, 0}, {0, -1, 0, 0, 0, 0},
      {0, 0.5, 0, 0, 0, 0},  {0, 0, 3, 2, 0, 0},  {0, 0, 9, 0, 0, 0},
      {0, 0, 0, 0, 1, 0},    {0, 0, 0, 0, -2, 0}, {0, 7, 0, 0, 0, 0},
      {0, 6, 0, 1, 0, 0},    {0, 0, 0, 0, 0, -1}, {0, 0, 0, 0, 0, 4294967296.},
      {0, 9e15, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0},  {0, 0, 0, 0, 0 / 0., 0},
  };
  for (const auto& row : bad) {
    TestPlan plan;
    plan.texts = {"four"};
    plan.heads = "head";
    plan.sizes = {10};
    plan.Row(0, 0, 0, 4, -1);
    plan.Row(row[0], row[1], row[2], row[3], row[4], row[5]);
    const auto result = plan.Write();
    ASSERT_FALSE(result.ok()) << row[0] << ' ' << row[1] << ' ' << row[2] << ' ' << row[4];
    EXPECT_EQ(result.status().code, Code::kInvalid);
    EXPECT_NE(result.status().message.find("extent 1"), std::string::npos);
    EXPECT_TRUE(plan.dir.List().empty());
  }
}

TEST(ShardPlan, AShardWithoutBytesIsAnEmptyFile) {
  TestPlan plan;
  plan.sizes = {0};
  auto result = plan.Write();
  ASSERT_TRUE(result.ok()) << result.status().message;
  EXPECT_EQ(std::filesystem::file_size(result.value().staging->PathOf("shard-0")), 0u);
}

TEST(ShardPlan, NegativeSizesAndTornRowsAreInvalid) {
  TestPlan plan;
  plan.sizes = {-1};
  EXPECT_EQ(plan.Write().status().code, Code::kInvalid);
  plan.sizes = {1};
  plan.extents = {0, 0, 0};
  EXPECT_EQ(plan.Write().status().code, Code::kInvalid);
}

TEST(ShardPlan, LargerThanAFileCanBeIsAnError) {
  TestPlan plan;
  plan.sizes = {1125899906842624.0};  // 1 PiB
  const auto result = plan.Write();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code, Code::kIo);
  EXPECT_TRUE(std::filesystem::is_empty(plan.dir / "out"));
}

}  // namespace
}  // namespace ckpt
