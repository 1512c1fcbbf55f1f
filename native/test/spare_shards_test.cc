#include "core/spare_shards.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "core/durable.h"
#include "core/exclusive.h"
#include "test_files.h"

namespace ckpt {
namespace {

constexpr size_t kSize = 2 << 20;

class Spares : public testing::Test {
 protected:
  std::string File(const std::string& name, size_t size = kSize) {
    WriteText(dir_ / name, std::string(size, 'x'));
    return dir_ / name;
  }
  Status Add(std::vector<std::string> paths) { return spares_.Add(paths, true, job_); }
  UniqueFd Take(uint64_t size = kSize) {
    if (!staging_) staging_ = StagingDir::Create(dir_.path()).value();
    return spares_.Take(size, *staging_, ("shard-" + std::to_string(taken_++)).c_str());
  }

  TempDir dir_;
  Job job_;
  std::unique_ptr<StagingDir> staging_;
  SpareShards spares_{dir_.path()};
  int taken_ = 0;
};

#if defined(__linux__)
TEST_F(Spares, AreRenamedAndGivenOut) {
  ASSERT_TRUE(Add({File("a"), File("b")}).ok());
  EXPECT_EQ(spares_.bytes(), 2 * kSize);
  EXPECT_EQ(dir_.List().size(), 1u) << "a directory of their own";
  EXPECT_TRUE(Take().valid());
  EXPECT_TRUE(Take().valid());
  EXPECT_FALSE(Take().valid());
  EXPECT_EQ(std::filesystem::file_size(staging_->PathOf("shard-1")), kSize);
}

TEST_F(Spares, OneThatIsOpenIsNotGivenOut) {
  const UniqueFd reader(::open(File("a").c_str(), O_RDONLY));
  ASSERT_TRUE(Add({dir_ / "a"}).ok());
  EXPECT_FALSE(Take().valid());
  char byte = 0;
  EXPECT_EQ(::pread(reader.get(), &byte, 1, kSize - 1), 1);
  EXPECT_EQ(byte, 'x');
  EXPECT_EQ(spares_.bytes(), 0u) << "it is not asked again";
}

TEST_F(Spares, OneThatIsMappedIsNotGivenOut) {
  UniqueFd reader(::open(File("a").c_str(), O_RDONLY));
  void* map = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE, reader.get(), 0);
  ASSERT_NE(map, MAP_FAILED);
  reader.Close();
  ASSERT_TRUE(Add({dir_ / "a"}).ok());
  EXPECT_FALSE(Take().valid());
  ::munmap(map, kSize);
  ASSERT_TRUE(Add({File("b")}).ok());
  EXPECT_TRUE(Take().valid());
}

TEST_F(Spares, OneThatHasAnotherNameIsNotGivenOut) {
  ASSERT_EQ(::link(File("a").c_str(), (dir_ / "other").c_str()), 0);
  ASSERT_TRUE(Add({dir_ / "a"}).ok());
  EXPECT_FALSE(Take().valid());
  EXPECT_TRUE(ReadText(dir_ / "other") == std::string(kSize, 'x'));
}
#endif

TEST_F(Spares, OfAnotherSizeStay) {
  ASSERT_TRUE(Add({File("a", 4 * kSize)}).ok());
  EXPECT_FALSE(Take(kSize).valid());
  EXPECT_FALSE(Take(32 * kSize).valid());
  EXPECT_EQ(spares_.bytes(), 4 * kSize);
  spares_.Clear();
  EXPECT_EQ(spares_.bytes(), 0u);
}

TEST_F(Spares, WhatIsOfNoUseIsRemoved) {
  std::filesystem::create_directory(dir_ / "sub");
  std::filesystem::create_symlink(File("target"), dir_ / "link");
  ASSERT_TRUE(
      Add({File("small", 10), File("sub/elsewhere"), dir_ / "missing", dir_ / "link"}).ok());
  EXPECT_EQ(dir_.List(), (std::vector<std::string>{"sub", "target"}));
  EXPECT_TRUE(std::filesystem::is_empty(dir_ / "sub"));
  EXPECT_EQ(spares_.bytes(), 0u);
}

TEST_F(Spares, GoWithTheirOwner) {
  {
    SpareShards other(dir_.path());
    ASSERT_TRUE(other.Add(std::vector{File("a")}, true, job_).ok());
    StagingDir::RemoveDead(dir_.path());
    EXPECT_EQ(other.bytes(), kSize);
    EXPECT_EQ(dir_.List().size(), 1u);
  }
  EXPECT_TRUE(dir_.List().empty());
}

#if defined(__linux__)
TEST(Exclusive, IsTriedBeforeItIsTrusted) {
  TempDir dir;
  const UniqueFd fd(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY));
  EXPECT_TRUE(TellsExclusive(fd.get()));
  EXPECT_TRUE(dir.List().empty());
  EXPECT_FALSE(TellsExclusive(-1));
}
#endif

TEST(Exclusive, IsOnlyARegularFile) {
  TempDir dir;
  const UniqueFd fd(::open(dir.path().c_str(), O_RDONLY));
  EXPECT_FALSE(Exclusive(fd.get()));
}

}  // namespace
}  // namespace ckpt
