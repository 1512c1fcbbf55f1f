#include "core/shard_writer.h"

#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "core/crc32c.h"
#include "test_plan.h"

namespace ckpt {
namespace {

class ShardWriter : public testing::TestWithParam<Way> {
 protected:
  ShardWriter() { std::tie(plan_.mode, plan_.plan.method) = GetParam(); }
  void SetUp() override {
#if !defined(__linux__)
    if (plan_.mode == Mode::kFork) GTEST_SKIP() << "needs Linux";
#elif defined(__SANITIZE_THREAD__)
    if (plan_.mode == Mode::kFork) GTEST_SKIP() << "the other process is none of this tool's";
#endif
  }
  TestPlan plan_;
};

std::string NameOf(const testing::TestParamInfo<Way>& info) {
  const char* modes[] = {"Live", "Image", "Fork"};
  const char* methods[] = {"Auto", "Mapped", "Direct", "Buffered"};
  return std::string(modes[static_cast<int>(std::get<0>(info.param))]) +
         methods[static_cast<int>(std::get<1>(info.param))];
}

INSTANTIATE_TEST_SUITE_P(Ways, ShardWriter,
                         testing::Combine(testing::Values(Mode::kLive, Mode::kImage, Mode::kFork),
                                          testing::Values(WriteMethod::kMapped,
                                                          WriteMethod::kDirect,
                                                          WriteMethod::kBuffered)),
                         NameOf);

TEST_P(ShardWriter, WritesHeadsSourcesAndZeros) {
  plan_.texts = {Pattern(20 << 20, 3), "small", Pattern(3 << 20, 5)};
  plan_.heads = "HEADhead";
  plan_.sizes = {double(21 << 20), double((3 << 20) + 200)};
  plan_.Row(0, 64, 0, 4, 0, 77);
  plan_.Row(0, (20 << 20) + 128, 4, 4, 1);
  plan_.Row(1, 0, 0, 8, -1, 5);
  plan_.Row(1, 100, 0, 0, 2);
  const int before = OpenDescriptors();
  auto result = plan_.Write();
  ASSERT_TRUE(result.ok()) << result.status().message;
  EXPECT_EQ(OpenDescriptors(), before + 1);
  std::string first(21 << 20, '\0');
  first.replace(64, 4, "HEAD");
  first.replace(68, plan_.texts[0].size(), plan_.texts[0]);
  first.replace((20 << 20) + 128, 9, "headsmall");
  std::string second((3 << 20) + 200, '\0');
  second.replace(0, 8, "HEADhead");
  second.replace(100, plan_.texts[2].size(), plan_.texts[2]);
  StagingDir& staging = *result.value().staging;
  EXPECT_TRUE(ReadText(staging.PathOf("shard-0")) == first);
  EXPECT_TRUE(ReadText(staging.PathOf("shard-1")) == second);
  EXPECT_EQ(result.value().crcs[0], Crc32cExtend(77, AsBytes(plan_.texts[0])));
  EXPECT_EQ(result.value().crcs[1], Crc32cExtend(0, AsBytes("small")));
  EXPECT_EQ(result.value().crcs[2], 5u);
  EXPECT_EQ(result.value().crcs[3], Crc32cExtend(0, AsBytes(plan_.texts[2])));
  EXPECT_EQ(plan_.job.done(), (23u << 20) + 5 + 16);
}

TEST_P(ShardWriter, ManySmallRowsWithGaps) {
  std::string expected(3000 * 100, '\0');
  for (int i = 0; i < 3000; ++i) {
    plan_.texts.push_back(Pattern(i % 70, i));
    plan_.Row(0, i * 100, 0, 0, i, i);
    expected.replace(i * 100, i % 70, plan_.texts[i]);
  }
  plan_.sizes = {double(expected.size())};
  auto result = plan_.Write();
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(ReadText(result.value().staging->PathOf("shard-0")) == expected);
  for (int i = 0; i < 3000; ++i) {
    EXPECT_EQ(result.value().crcs[i], Crc32cExtend(i, AsBytes(plan_.texts[i])));
  }
}

TEST_P(ShardWriter, ThousandsOfShardsNeedFewDescriptors) {
  plan_.texts = {"x"};
  plan_.plan.threads = 16;
  for (int i = 0; i < 2000; ++i) {
    plan_.sizes.push_back(1);
    plan_.Row(i, 0, 0, 0, 0);
  }
  auto result = plan_.Write();
  ASSERT_TRUE(result.ok()) << result.status().message;
  EXPECT_EQ(ReadText(result.value().staging->PathOf("shard-1999")), "x");
}

TEST_P(ShardWriter, ASourceThatChangesStillMatchesItsChecksum) {
  if (plan_.mode == Mode::kImage) GTEST_SKIP() << "it may change only after the copy";
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the race is the point";
#endif
  plan_.texts = {std::string(32 << 20, 'a')};
  plan_.sizes = {double(32 << 20)};
  plan_.Row(0, 0, 0, 0, 0);
  std::atomic<bool> stop{false};
  char* data = plan_.texts[0].data();
  std::thread changer([&] {
    for (size_t i = 0; !stop; i = (i + 4099) % (32 << 20)) {
      reinterpret_cast<volatile char*>(data)[i] = static_cast<char>(i);
    }
  });
  auto result = plan_.Write();
  stop = true;
  changer.join();
  ASSERT_TRUE(result.ok());
  const std::string file = ReadText(result.value().staging->PathOf("shard-0"));
  EXPECT_EQ(result.value().crcs[0], Crc32cExtend(0, AsBytes(file)));
}

TEST_P(ShardWriter, CancelledLeavesNothing) {
  plan_.texts = {"x"};
  plan_.sizes = {1};
  plan_.Row(0, 0, 0, 0, 0);
  plan_.job.Cancel();
  EXPECT_EQ(plan_.Write().status().code, Code::kAborted);
  EXPECT_TRUE(plan_.dir.List().empty());
}

TEST_P(ShardWriter, CancelledMidwayLeavesNothing) {
  plan_.texts = {Pattern(64 << 20)};
  plan_.sizes = {double(64 << 20)};
  plan_.Row(0, 0, 0, 0, 0);
  const int before = OpenDescriptors();
  std::thread canceller([&] {
    while (plan_.job.done() == 0) std::this_thread::yield();
    plan_.job.Cancel();
  });
  const auto result = plan_.Write();
  canceller.join();
  if (!result.ok()) {  // else the writer was faster
    EXPECT_EQ(result.status().code, Code::kAborted);
    EXPECT_TRUE(std::filesystem::is_empty(plan_.dir / "out"));
    EXPECT_EQ(OpenDescriptors(), before);
  }
}

TEST_P(ShardWriter, ASpareShardIsWrittenOver) {
  plan_.texts = {Pattern((9 << 20) + 77)};
  plan_.sizes = {double((9 << 20) + 77)};
  plan_.Row(0, 0, 0, 0, 0);
  std::filesystem::create_directory(plan_.dir / "out");
  const std::string old = plan_.dir / "out/old";
  WriteText(old, std::string(10 << 20, 'x'));
  struct stat before;
  ASSERT_EQ(::stat(old.c_str(), &before), 0);
  plan_.plan.spares = std::make_shared<SpareShards>(plan_.dir / "out");
  ASSERT_TRUE(plan_.plan.spares->Add(std::vector{old}, true, plan_.job).ok());
  EXPECT_EQ(plan_.plan.spares->bytes(), 10u << 20);
  auto result = plan_.Write();
  ASSERT_TRUE(result.ok()) << result.status().message;
  const std::string path = result.value().staging->PathOf("shard-0");
  struct stat after;
  ASSERT_EQ(::stat(path.c_str(), &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino);
  EXPECT_TRUE(ReadText(path) == plan_.texts[0]);
  EXPECT_EQ(plan_.plan.spares->bytes(), 0u);
}

TEST_P(ShardWriter, AHeadMayBeReplacedBeforeItIsWritten) {
  plan_.texts = {Pattern(1000)};
  plan_.heads = "headHEAD";
  plan_.sizes = {2000};
  plan_.Row(0, 0, 0, 4, -1);
  plan_.Row(0, 100, 4, 4, 0, 7);
  ASSERT_TRUE(plan_.Prepare().ok());
  Snapshot& snapshot = *plan_.plan.snapshot;
  EXPECT_EQ(snapshot.SetHead(1, AsBytes("long one"), 9).code, Code::kInvalid);
  EXPECT_EQ(snapshot.SetHead(2, AsBytes("none"), 9).code, Code::kInvalid);
  ASSERT_TRUE(snapshot.SetHead(0, AsBytes("soon"), 1).ok());
  snapshot.Fill();
  ASSERT_TRUE(snapshot.SetHead(1, AsBytes("late"), 9).ok());
  auto result = WriteShards(plan_.plan, nullptr, plan_.job);
  ASSERT_TRUE(result.ok());
  const std::string file = ReadText(result.value().staging->PathOf("shard-0"));
  EXPECT_EQ(file.substr(0, 4), "soon");
  EXPECT_EQ(file.substr(100, 4), "late");
  EXPECT_TRUE(file.substr(104, 1000) == plan_.texts[0]);
  EXPECT_EQ(result.value().crcs[0], 1u);
  EXPECT_EQ(result.value().crcs[1], Crc32cExtend(9, AsBytes(plan_.texts[0])));
}

TEST_P(ShardWriter, WhatChangesAfterTheCallIsNotWritten) {
  if (plan_.mode == Mode::kLive) GTEST_SKIP() << "it is";
  plan_.texts = {Pattern(20 << 20)};
  plan_.sizes = {double(20 << 20)};
  plan_.Row(0, 0, 0, 0, 0);
  const std::string copy = plan_.texts[0];
  ASSERT_TRUE(plan_.Prepare().ok());
  plan_.plan.snapshot->Fill();
  std::fill(plan_.texts[0].begin(), plan_.texts[0].end(), 'x');
  auto result = WriteShards(plan_.plan, nullptr, plan_.job);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(ReadText(result.value().staging->PathOf("shard-0")) == copy);
}

}  // namespace
}  // namespace ckpt
