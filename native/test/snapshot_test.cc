#include "core/snapshot.h"

#include "test_files.h"

namespace ckpt {
namespace {

TEST(Snapshot, CopiesToAlignedStarts) {
  const std::string texts[] = {"one", "", Pattern(1000), "four"};
  std::vector<Bytes> sources;
  for (const std::string& text : texts) sources.push_back(AsBytes(text));
  auto snapshot = Snapshot::Copy(sources);
  ASSERT_TRUE(snapshot.ok());
  EXPECT_TRUE(snapshot.value()->copied());
  EXPECT_EQ(snapshot.value()->byte_length(), 1007u);
  for (size_t i = 0; i < 4; ++i) {
    const Bytes copy = snapshot.value()->sources()[i];
    ASSERT_EQ(copy.size(), texts[i].size());
    if (copy.empty()) continue;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(copy.data()) % 64, 0u);
    EXPECT_EQ(std::memcmp(copy.data(), texts[i].data(), copy.size()), 0);
  }
}

TEST(Snapshot, LiveOneRefersToTheMemory) {
  const std::string text = "live";
  const auto snapshot = Snapshot::Live({AsBytes(text)});
  EXPECT_FALSE(snapshot->copied());
  EXPECT_EQ(snapshot->sources()[0].data(), AsBytes(text).data());
}

TEST(Snapshot, OfNothing) {
  auto snapshot = Snapshot::Copy({});
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ(snapshot.value()->byte_length(), 0u);
}

TEST(StagingMemory, PoolReusesWhatFits) {
  StagingMemory::TrimPool();
  auto first = StagingMemory::Acquire(10 << 20);
  ASSERT_TRUE(first.ok());
  const std::byte* address = first.value()->bytes().data();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(address) % (2 << 20), 0u);
  first.value().reset();
  EXPECT_EQ(StagingMemory::PooledBytes(), size_t{10} << 20);
  // Less than half would waste most of it.
  auto small = StagingMemory::Acquire(3 << 20);
  EXPECT_NE(small.value()->bytes().data(), address);
  auto again = StagingMemory::Acquire(6 << 20);
  EXPECT_EQ(again.value()->bytes().data(), address);
  EXPECT_EQ(StagingMemory::PooledBytes(), 0u);
}

TEST(StagingMemory, PoolKeepsTwo) {
  StagingMemory::TrimPool();
  std::vector<std::shared_ptr<StagingMemory>> blocks;
  for (int i = 0; i < 4; ++i) blocks.push_back(StagingMemory::Acquire(2 << 20).value());
  blocks.clear();
  EXPECT_EQ(StagingMemory::PooledBytes(), size_t{4} << 20);
  StagingMemory::TrimPool();
  EXPECT_EQ(StagingMemory::PooledBytes(), 0u);
}

TEST(StagingMemory, MoreThanThereIsFails) {
  auto memory = StagingMemory::Acquire(size_t{1} << 62);
  ASSERT_FALSE(memory.ok());
  EXPECT_EQ(memory.status().os_errno, ENOMEM);
  EXPECT_STREQ(memory.status().syscall, "mmap");
}

}  // namespace
}  // namespace ckpt
