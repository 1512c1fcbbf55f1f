#include "core/mapping.h"

#include <sys/stat.h>

#include <cerrno>

#include "core/durable.h"
#include "test_files.h"

namespace ckpt {
namespace {

TEST(Mapping, ShowsTheFileAndKeepsStoresPrivate) {
  TempDir dir;
  WriteText(dir / "f", "hello");
  const int before = OpenDescriptors();
  auto mapping = Mapping::Open(dir / "f");
  ASSERT_TRUE(mapping.ok());
  EXPECT_EQ(OpenDescriptors(), before);
  mapping.value()->bytes()[0] = std::byte{'J'};
  EXPECT_EQ(std::memcmp(mapping.value()->bytes().data(), "Jello", 5), 0);
  EXPECT_EQ(ReadText(dir / "f"), "hello");
}

TEST(Mapping, SurvivesUnlink) {
  TempDir dir;
  WriteText(dir / "f", "hello");
  auto mapping = Mapping::Open(dir / "f");
  std::filesystem::remove(dir / "f");
  EXPECT_EQ(std::memcmp(mapping.value()->bytes().data(), "hello", 5), 0);
}

TEST(Mapping, EmptyFileHasNoPages) {
  TempDir dir;
  WriteText(dir / "f", "");
  auto mapping = Mapping::Open(dir / "f");
  ASSERT_TRUE(mapping.ok());
  EXPECT_TRUE(mapping.value()->bytes().empty());
}

TEST(Mapping, FailuresNameCallAndPath) {
  TempDir dir;
  auto missing = Mapping::Open(dir / "none");
  EXPECT_EQ(missing.status().os_errno, ENOENT);
  EXPECT_STREQ(missing.status().syscall, "open");
  EXPECT_EQ(missing.status().path, dir / "none");
  EXPECT_EQ(Mapping::Open(dir.path()).status().os_errno, EISDIR);
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(Mapping::Open(dir / "fifo").status().os_errno, EINVAL);
}

#if defined(__linux__)
TEST(Mapping, BytesBehindACutAreAnErrorAndNoSignal) {
  TempDir dir;
  WriteText(dir / "f", Pattern(100'000));
  auto opened = Mapping::Open(dir / "f");
  const Mapping& mapping = *opened.value();
  EXPECT_TRUE(mapping.Require(0, 100'000).ok());
  EXPECT_TRUE(mapping.Require(99'999, 1).ok());
  EXPECT_TRUE(mapping.Require(100'000, 0).ok());
  std::filesystem::resize_file(dir / "f", 50'000);
  EXPECT_TRUE(mapping.Require(0, 50'000).ok());
  const Status cut = mapping.Require(10'000, 90'000);
  EXPECT_EQ(cut.code, Code::kCorrupt);
  EXPECT_EQ(cut.path, dir / "f");
  EXPECT_NE(cut.message.find("before byte 100000"), std::string::npos);
  // Cut to nothing, and another file in its place: the disk is to blame, as far as anyone can see.
  std::filesystem::rename(dir / "f", dir / "g");
  WriteText(dir / "f", Pattern(100'000));
  const Status other = mapping.Require(90'000, 1);
  EXPECT_EQ(other.code, Code::kIo);
  EXPECT_EQ(other.os_errno, EIO);
}
#endif

TEST(Mapping, OneMissingFileFailsAllAndLeavesNothing) {
  TempDir dir;
  WriteText(dir / "a", "1");
  const int64_t before = LiveCount(Kind::kMapping);
  const std::vector<std::string> paths = {dir / "a", dir / "b"};
  EXPECT_EQ(OpenMappings(paths, Job()).status().os_errno, ENOENT);
  EXPECT_EQ(LiveCount(Kind::kMapping), before);
}

TEST(Mapping, GivesTheOpenFilesOfTheFirstOnly) {
  TempDir dir;
  WriteText(dir / "f", "hello");
  const int before = OpenDescriptors();
  {
    std::vector<UniqueFd> files;
    const std::vector<std::string> paths(100, dir / "f");
    const auto mappings = OpenMappings(paths, Job(), &files);
    ASSERT_TRUE(mappings.ok());
    EXPECT_EQ(files.size(), 32u);
    EXPECT_EQ(OpenDescriptors(), before + 32);
    std::byte byte{};
    EXPECT_TRUE(ReadAll(files.back().get(), {&byte, 1}, 4, "f").ok());
    EXPECT_EQ(byte, std::byte{'o'});
    EXPECT_EQ(ReadAll(files.back().get(), {&byte, 1}, 5, "f").code, Code::kCorrupt);
  }
  EXPECT_EQ(OpenDescriptors(), before);
}

}  // namespace
}  // namespace ckpt
