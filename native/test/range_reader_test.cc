#include "core/range_reader.h"

#include <algorithm>
#include <filesystem>

#include "core/crc32c.h"
#include "test_files.h"

namespace ckpt {
namespace {

std::string Text(const Loaded& loaded, size_t row) {
  const std::span<const std::byte> bytes = loaded.memory->row(row);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Files {
  TempDir dir;
  std::string big = Pattern(25 << 20, 9);
  std::vector<std::string> paths = {dir / "big", dir / "small"};
  Job job;

  Files() {
    WriteText(paths[0], big);
    WriteText(paths[1], "small");
  }
  Result<Loaded> Load(const std::vector<double>& ranges, int threads = 3) {
    return LoadRanges(paths, ranges, threads, job);
  }
};

TEST(RangeReader, ChecksumsAndLoadsAgree) {
  Files files;
  const std::vector<double> ranges = {0,  1, (24 << 20) + 3., 7, 1, 0, 5, 0, 0, 5, 0, 42, 0, 9,
                                      11, 0};
  auto result = files.Load(ranges);
  ASSERT_TRUE(result.ok()) << result.status().message;
  const Loaded& loaded = result.value();
  EXPECT_TRUE(Text(loaded, 0) == files.big.substr(1, (24 << 20) + 3));
  EXPECT_EQ(Text(loaded, 1), "small");
  EXPECT_EQ(Text(loaded, 2), "");
  EXPECT_EQ(Text(loaded, 3), files.big.substr(9, 11));
  EXPECT_EQ(loaded.crcs[0], Crc32cExtend(7, AsBytes(Text(loaded, 0))));
  EXPECT_EQ(loaded.crcs[2], 42u);
  EXPECT_EQ(files.job.done(), (24u << 20) + 3 + 5 + 11);
  auto mappings = OpenMappings(files.paths, files.job);
  auto checked = ChecksumRanges(mappings.value(), ranges, 3, files.job);
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked.value(), loaded.crcs);
}

// Small ones are read in batches; large ones, wide gaps and overlaps end a batch.
TEST(RangeReader, RowsOfManySizesInAnyOrder) {
  Files files;
  uint32_t random = 1;
  const auto next = [&](uint32_t limit) {
    random = random * 1664525 + 1013904223;
    return (random >> 8) % limit;
  };
  for (const int threads : {1, 3}) {
    std::vector<double> ranges;
    std::vector<std::string> expected;
    uint64_t offset = 0;
    for (int i = 0; i < 3000; ++i) {
      const uint64_t length = next(i % 7 == 0 ? 60000 : 300);
      if (offset + length > files.big.size()) offset = 0;  // over the ones before
      ranges.insert(ranges.end(), {0, double(offset), double(length), double(i)});
      expected.push_back(files.big.substr(offset, length));
      if (i % 11 == 0) std::rotate(ranges.begin(), ranges.end() - 4, ranges.end());
      if (i % 11 == 0) std::rotate(expected.begin(), expected.end() - 1, expected.end());
      offset += length + next(i % 5 == 0 ? 20000 : 100);
      if (i % 50 == 0) offset -= std::min<uint64_t>(offset, 5000);
    }
    auto loaded = files.Load(ranges, threads);
    ASSERT_TRUE(loaded.ok()) << loaded.status().message;
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_TRUE(Text(loaded.value(), i) == expected[i]) << i;
      const auto seed = static_cast<uint32_t>(ranges[4 * i + 3]);
      ASSERT_EQ(loaded.value().crcs[i], Crc32cExtend(seed, AsBytes(expected[i]))) << i;
    }
  }
}

TEST(RangeReader, ATruncatedFileIsCorrupt) {
  Files files;
  const auto loaded = files.Load({1, 0, 6, 0});
  EXPECT_EQ(loaded.status().code, Code::kCorrupt);
  EXPECT_EQ(loaded.status().path, files.paths[1]);
  EXPECT_EQ(files.Load({1, 9007199254740991.0, 6, 0}).status().code, Code::kCorrupt);
}

#if defined(__linux__)
TEST(RangeReader, AFileThatIsCutWhileItIsMappedIsCorrupt) {
  Files files;
  auto mappings = OpenMappings(files.paths, files.job);
  std::filesystem::resize_file(files.paths[0], 1 << 20);
  // Large and small, the first behind the end and the last ones before it.
  const std::vector<double> bad[] = {
      {0, 0, 25 << 20, 0}, {0, 10 << 20, 100, 0}, {0, 5, 5, 0, 0, 24 << 20, 100, 0}};
  for (const auto& ranges : bad) {
    const auto sums = ChecksumRanges(mappings.value(), ranges, 2, files.job);
    EXPECT_EQ(sums.status().code, Code::kCorrupt);
    EXPECT_EQ(sums.status().path, files.paths[0]);
  }
  // What lies just before it is read, although more is made present together with it.
  const std::vector<double> good = {0, (1 << 20) - 50., 50, 0, 1, 0, 5, 0};
  auto sums = ChecksumRanges(mappings.value(), good, 2, files.job);
  ASSERT_TRUE(sums.ok());
  EXPECT_EQ(sums.value()[0], Crc32cExtend(0, AsBytes(files.big.substr((1 << 20) - 50, 50))));
}
#endif

TEST(RangeReader, BadRangesAreInvalid) {
  Files files;
  auto mappings = OpenMappings(files.paths, files.job);
  const std::vector<double> bad[] = {{2, 0, 1, 0}, {0, -1, 1, 0}, {1, 5, 1, 0},
                                     {1, 0, 6, 0}, {0, 0, 1, -1}, {0, 0, 1}};
  for (const auto& ranges : bad) {
    EXPECT_EQ(ChecksumRanges(mappings.value(), ranges, 2, files.job).status().code, Code::kInvalid);
  }
  EXPECT_EQ(files.Load({2, 0, 1, 0}).status().code, Code::kInvalid);
}

TEST(RangeReader, ManyFilesNeedFewDescriptors) {
  Files files;
  files.paths.clear();
  std::vector<double> ranges;
  for (int i = 0; i < 100; ++i) {
    files.paths.push_back(files.dir / std::to_string(i));
    WriteText(files.paths.back(), std::to_string(i));
  }
  for (int i = 99; i >= 0; --i) {  // not in the order of the files
    const std::string text = std::to_string(i);
    ranges.insert(ranges.end(), {double(i), 0, double(text.size()), 0});
  }
  const int before = OpenDescriptors();
  auto loaded = files.Load(ranges);
  ASSERT_TRUE(loaded.ok());
  for (int i = 0; i < 100; ++i) {
    const std::string text = std::to_string(99 - i);
    EXPECT_EQ(Text(loaded.value(), i), text);
    EXPECT_EQ(loaded.value().crcs[i], Crc32cExtend(0, AsBytes(text)));
  }
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST(RangeReader, CancelledStops) {
  Files files;
  files.job.Cancel();
  EXPECT_EQ(files.Load({1, 0, 5, 0}).status().code, Code::kAborted);
}

TEST(RangeReader, AMissingFileIsAnIoFailureOfOpen) {
  Files files;
  files.paths[1] = files.dir / "none";
  const auto loaded = files.Load({1, 0, 5, 0});
  EXPECT_STREQ(loaded.status().syscall, "open");
  EXPECT_EQ(loaded.status().os_errno, ENOENT);
}

}  // namespace
}  // namespace ckpt
