#include "core/range_reader.h"

#include "core/crc32c.h"
#include "test_files.h"

namespace ckpt {
namespace {

struct Files {
  TempDir dir;
  std::string big = Pattern(25 << 20, 9);
  std::vector<std::string> paths = {dir / "big", dir / "small"};
  Job job;

  Files() {
    WriteText(paths[0], big);
    WriteText(paths[1], "small");
  }
  Result<std::vector<uint32_t>> Load(const std::vector<double>& ranges,
                                     std::vector<std::string>* texts) {
    std::vector<std::span<std::byte>> targets;
    for (std::string& text : *texts) {
      targets.emplace_back(reinterpret_cast<std::byte*>(text.data()), text.size());
    }
    return LoadRanges(paths, ranges, targets, 3, job);
  }
};

TEST(RangeReader, ChecksumsAndLoadsAgree) {
  Files files;
  const std::vector<double> ranges = {0,  1, (24 << 20) + 3., 7, 1, 0, 5, 0, 0, 5, 0, 42, 0, 9,
                                      11, 0};
  std::vector<std::string> texts = {std::string((24 << 20) + 3, 0), std::string(5, 0), "",
                                    std::string(11, 0)};
  auto loaded = files.Load(ranges, &texts);
  ASSERT_TRUE(loaded.ok()) << loaded.status().message;
  EXPECT_TRUE(texts[0] == files.big.substr(1, (24 << 20) + 3));
  EXPECT_EQ(texts[1], "small");
  EXPECT_EQ(texts[3], files.big.substr(9, 11));
  EXPECT_EQ(loaded.value()[0], Crc32cExtend(7, AsBytes(texts[0])));
  EXPECT_EQ(loaded.value()[2], 42u);
  EXPECT_EQ(files.job.done(), (24u << 20) + 3 + 5 + 11);
  auto mappings = OpenMappings(files.paths, files.job);
  auto checked = ChecksumRanges(mappings.value(), ranges, 3, files.job);
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked.value(), loaded.value());
}

TEST(RangeReader, ATruncatedFileIsCorrupt) {
  Files files;
  std::vector<std::string> texts = {std::string(6, 0)};
  const auto loaded = files.Load({1, 0, 6, 0}, &texts);
  EXPECT_EQ(loaded.status().code, Code::kCorrupt);
  EXPECT_EQ(loaded.status().path, files.paths[1]);
  EXPECT_EQ(files.Load({1, 9007199254740991.0, 6, 0}, &texts).status().code, Code::kCorrupt);
}

TEST(RangeReader, BadRangesAreInvalid) {
  Files files;
  auto mappings = OpenMappings(files.paths, files.job);
  const std::vector<double> bad[] = {{2, 0, 1, 0}, {0, -1, 1, 0}, {1, 5, 1, 0},
                                     {1, 0, 6, 0}, {0, 0, 1, -1}, {0, 0, 1}};
  for (const auto& ranges : bad) {
    EXPECT_EQ(ChecksumRanges(mappings.value(), ranges, 2, files.job).status().code, Code::kInvalid);
  }
  std::vector<std::string> texts = {std::string(4, 0)};
  EXPECT_EQ(files.Load({1, 0, 5, 0}, &texts).status().code, Code::kInvalid);
  EXPECT_EQ(files.Load({}, &texts).status().code, Code::kInvalid);
}

TEST(RangeReader, ManyFilesNeedFewDescriptors) {
  Files files;
  files.paths.clear();
  std::vector<double> ranges;
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i) {
    files.paths.push_back(files.dir / std::to_string(i));
    WriteText(files.paths.back(), std::to_string(i));
  }
  for (int i = 99; i >= 0; --i) {  // not in the order of the files
    const std::string text = std::to_string(i);
    ranges.insert(ranges.end(), {double(i), 0, double(text.size()), 0});
    texts.emplace_back(text.size(), 0);
  }
  const int before = OpenDescriptors();
  auto loaded = files.Load(ranges, &texts);
  ASSERT_TRUE(loaded.ok());
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(texts[i], std::to_string(99 - i));
    EXPECT_EQ(loaded.value()[i], Crc32cExtend(0, AsBytes(texts[i])));
  }
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST(RangeReader, CancelledStops) {
  Files files;
  files.job.Cancel();
  std::vector<std::string> texts = {std::string(5, 0)};
  EXPECT_EQ(files.Load({1, 0, 5, 0}, &texts).status().code, Code::kAborted);
}

TEST(RangeReader, AMissingFileIsAnIoFailureOfOpen) {
  Files files;
  files.paths[1] = files.dir / "none";
  std::vector<std::string> texts = {std::string(5, 0)};
  const auto loaded = files.Load({1, 0, 5, 0}, &texts);
  EXPECT_STREQ(loaded.status().syscall, "open");
  EXPECT_EQ(loaded.status().os_errno, ENOENT);
}

}  // namespace
}  // namespace ckpt
