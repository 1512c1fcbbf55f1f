#include "core/staging_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/durable.h"
#include "test_files.h"

namespace ckpt {
namespace {

constexpr const char* kDead = ".ndcheckpoint-0123456789abcdef";

TEST(StagingDir, IsRemovedWithItsFiles) {
  TempDir dir;
  const int before = OpenDescriptors();
  {
    auto staging = StagingDir::Create(dir.path());
    ASSERT_TRUE(staging.ok());
    EXPECT_TRUE(staging.value()->WriteFile("x", AsBytes("text"), true).ok());
    EXPECT_EQ(ReadText(staging.value()->PathOf("x")), "text");
    EXPECT_EQ(dir.List().size(), 1u);
    EXPECT_EQ(staging.value()->WriteFile("x", {}, false).os_errno, EEXIST);
  }
  EXPECT_TRUE(dir.List().empty());
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST(StagingDir, CleaningSparesTheLivingAndStrangers) {
  TempDir dir;
  auto living = StagingDir::Create(dir.path());
  std::filesystem::create_directory(dir / kDead);
  WriteText(dir / (std::string(kDead) + "/shard-0"), "old");
  for (const char* name : {".ndcheckpoint-", ".ndcheckpoint-0123456789ABCDEF", "other"}) {
    std::filesystem::create_directory(dir / name);
  }
  WriteText(dir / ".ndcheckpoint-aaaaaaaaaaaaaaaa", "a file");
  StagingDir::RemoveDead(dir.path());
  EXPECT_FALSE(std::filesystem::exists(dir / kDead));
  EXPECT_TRUE(std::filesystem::exists(living.value()->path()));
  EXPECT_EQ(dir.List().size(), 5u);
}

TEST(StagingDir, CleaningNeverFollowsLinks) {
  TempDir dir;
  TempDir elsewhere;
  WriteText(elsewhere / "keep", "me");
  std::filesystem::create_directory_symlink(elsewhere.path(), dir / kDead);
  std::filesystem::create_directory(dir / ".ndcheckpoint-bbbbbbbbbbbbbbbb");
  std::filesystem::create_symlink(elsewhere / "keep", dir / ".ndcheckpoint-bbbbbbbbbbbbbbbb/link");
  StagingDir::RemoveDead(dir.path());
  EXPECT_EQ(ReadText(elsewhere / "keep"), "me");
  EXPECT_EQ(dir.List(), std::vector<std::string>{kDead});
}

TEST(StagingDir, OfAKilledProcessIsDead) {
  TempDir dir;
  const pid_t child = ::fork();
  if (child == 0) {
    auto staging = StagingDir::Create(dir.path());
    ::_exit(staging.ok() ? 0 : 1);  // no destructor
  }
  int result = -1;
  ::waitpid(child, &result, 0);
  ASSERT_EQ(result, 0);
  EXPECT_EQ(dir.List().size(), 1u);
  StagingDir::RemoveDead(dir.path());
  EXPECT_TRUE(dir.List().empty());
}

TEST(StagingDir, MissingParentFails) {
  TempDir dir;
  EXPECT_EQ(StagingDir::Create(dir / "none").status().os_errno, ENOENT);
}

TEST(Durable, MakesParentsAndNamesTheFileInTheWay) {
  TempDir dir;
  EXPECT_TRUE(MakeDirectories(dir / "a/b/c", true).ok());
  EXPECT_TRUE(MakeDirectories(dir / "a/b/c/", false).ok());
  EXPECT_TRUE(std::filesystem::is_directory(dir / "a/b/c"));
  WriteText(dir / "file", "");
  for (const char* below : {"file", "file/x", "file/x/y"}) {
    const Status status = MakeDirectories(dir / below, true);
    EXPECT_EQ(status.os_errno, ENOTDIR);
    EXPECT_EQ(status.path, dir / "file");
  }
}

TEST(Durable, ParentOf) {
  EXPECT_EQ(ParentOf("/a/b"), "/a");
  EXPECT_EQ(ParentOf("/a"), "/");
  EXPECT_EQ(ParentOf("/"), "/");
  EXPECT_EQ(ParentOf("a"), ".");
  EXPECT_EQ(ParentOf("a/b/"), "a");
  EXPECT_EQ(ParentOf("a//b"), "a");
}

TEST(Durable, RenameNoReplaceKeepsWhatIsThere) {
  TempDir dir;
  WriteText(dir / "a", "a");
  WriteText(dir / "b", "b");
  const Status status = RenameNoReplace(AT_FDCWD, (dir / "a").c_str(), dir / "b");
  EXPECT_EQ(status.os_errno, EEXIST);
  EXPECT_STREQ(status.syscall, "rename");
  EXPECT_EQ(status.path, dir / "b");
  EXPECT_EQ(ReadText(dir / "b"), "b");
  EXPECT_TRUE(RenameNoReplace(AT_FDCWD, (dir / "a").c_str(), dir / "c").ok());
}

TEST(Durable, RemoveFilesIgnoresMissingOnesAndGoesOn) {
  TempDir dir;
  WriteText(dir / "a", "");
  WriteText(dir / "z", "");
  std::filesystem::create_directory(dir / "d");
  const std::vector<std::string> paths = {dir / "a", dir / "none", dir / "d", dir / "z"};
  const Status status = RemoveFiles(paths, Job());
  EXPECT_EQ(status.path, dir / "d");
  EXPECT_EQ(dir.List(), std::vector<std::string>{"d"});
}

}  // namespace
}  // namespace ckpt
