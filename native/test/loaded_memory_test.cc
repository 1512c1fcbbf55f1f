#include "core/loaded_memory.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

namespace ckpt {
namespace {

constexpr uint64_t kMegabyte = 1 << 20;

TEST(LoadedMemory, RowsAreApartAndAligned) {
  const std::vector<uint64_t> lengths = {1, 0, 7 * kMegabyte + 5, 100, 20000, 3, 16 << 10};
  auto memory = LoadedMemory::Create(lengths);
  ASSERT_TRUE(memory.ok());
  const LoadedMemory& loaded = *memory.value();
  ASSERT_EQ(loaded.rows(), lengths.size());
  const std::byte* end = nullptr;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const std::span<std::byte> row = loaded.row(i);
    EXPECT_EQ(row.size(), lengths[i]);
    const size_t unit = lengths[i] >= LoadedMemory::kOwnPages ? 4096 : 64;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(row.data()) % unit, 0u) << i;
    EXPECT_GE(row.data(), end);
    end = row.data() + row.size();
    std::fill(row.begin(), row.end(), std::byte(i + 1));
  }
  for (size_t i = 0; i < lengths.size(); ++i) {
    for (const std::byte byte : loaded.row(i)) ASSERT_EQ(byte, std::byte(i + 1));
  }
}

TEST(LoadedMemory, ReleasesTheWholePagesOfOneRowAndNoOther) {
  const std::vector<uint64_t> lengths = {100, 3 * kMegabyte + 1000, 100, 20000};
  auto memory = LoadedMemory::Create(lengths);
  ASSERT_TRUE(memory.ok());
  LoadedMemory& loaded = *memory.value();
  for (size_t i = 0; i < lengths.size(); ++i) {
    std::memset(loaded.row(i).data(), 'x', loaded.row(i).size());
  }
  loaded.Release(1);
  loaded.Release(2);
  EXPECT_EQ(loaded.row(1).front(), std::byte{0});
  EXPECT_EQ(loaded.row(1)[3 * kMegabyte - 1], std::byte{0});
  for (const size_t i : {0, 2, 3}) {
    for (const std::byte byte : loaded.row(i)) ASSERT_EQ(byte, std::byte{'x'});
  }
}

TEST(LoadedMemory, OfNothing) {
  for (const std::vector<uint64_t>& lengths : {std::vector<uint64_t>{}, {0, 0}}) {
    auto memory = LoadedMemory::Create(lengths);
    ASSERT_TRUE(memory.ok());
    EXPECT_EQ(memory.value()->rows(), lengths.size());
    EXPECT_EQ(memory.value()->size(), 0u);
    for (size_t i = 0; i < lengths.size(); ++i) memory.value()->Release(i);
  }
}

TEST(LoadedMemory, MoreThanThereIsFails) {
  const int64_t before = LiveCount(Kind::kMapping);
  const std::vector<std::vector<uint64_t>> cases = {{uint64_t{1} << 60},
                                                    {UINT64_MAX},
                                                    {UINT64_MAX - 5000, 6000},
                                                    {UINT64_MAX / 2, UINT64_MAX / 2}};
  for (const auto& lengths : cases) {
    EXPECT_EQ(LoadedMemory::Create(lengths).status().os_errno, ENOMEM);
  }
  EXPECT_EQ(LiveCount(Kind::kMapping), before);
}

}  // namespace
}  // namespace ckpt
