#include "core/staging_memory.h"
#include "test_files.h"

namespace ckpt {
namespace {

TEST(StagingMemory, PoolReusesWhatFits) {
  StagingMemory::TrimPool();
  auto first = StagingMemory::Acquire(10 << 20);
  ASSERT_TRUE(first.ok());
  const std::byte* address = first.value()->bytes().data();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(address) % (2 << 20), 0u);
  first.value().reset();
  EXPECT_EQ(StagingMemory::PooledBytes(), size_t{10} << 20);
  auto larger = StagingMemory::Acquire(12 << 20);
  EXPECT_NE(larger.value()->bytes().data(), address);
  const std::byte* other = larger.value()->bytes().data();
  larger.value().reset();
  // The smallest that is large enough, however little of it is needed.
  auto small = StagingMemory::Acquire(3 << 20);
  EXPECT_EQ(small.value()->bytes().data(), address);
  auto again = StagingMemory::Acquire(6 << 20);
  EXPECT_EQ(again.value()->bytes().data(), other);
  EXPECT_EQ(StagingMemory::PooledBytes(), 0u);
}

TEST(StagingMemory, StaysUsableWhenItWasCooled) {
  StagingMemory::TrimPool();
  auto memory = StagingMemory::Acquire(2 << 20).value();
  const std::byte* address = memory->bytes().data();
  memory.reset();
  StagingMemory::Cool();
  EXPECT_EQ(StagingMemory::PooledBytes(), size_t{2} << 20);
  memory = StagingMemory::Acquire(2 << 20).value();
  EXPECT_EQ(memory->bytes().data(), address);
  std::memset(memory->bytes().data(), 1, memory->bytes().size());
  StagingMemory::TrimPool();
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
