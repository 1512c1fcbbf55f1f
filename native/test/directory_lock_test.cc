#include "core/directory_lock.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test_files.h"

namespace ckpt {
namespace {

TEST(DirectoryLock, HasOneOwner) {
  TempDir dir;
  const int before = OpenDescriptors();
  {
    auto lock = DirectoryLock::Take(dir.path());
    ASSERT_TRUE(lock.ok());
    EXPECT_TRUE(lock.value()->exclusive());
    auto second = DirectoryLock::Take(dir.path());
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.status().os_errno, EWOULDBLOCK);
    EXPECT_STREQ(second.status().syscall, "flock");
    EXPECT_EQ(second.status().path, dir.path());
    lock.value()->Release();
    lock.value()->Release();
    EXPECT_TRUE(DirectoryLock::Take(dir.path()).ok());
  }
  EXPECT_EQ(OpenDescriptors(), before);
  EXPECT_TRUE(dir.List().empty());
}

TEST(DirectoryLock, MakesTheDirectory) {
  TempDir dir;
  EXPECT_TRUE(DirectoryLock::Take(dir / "a/b").ok());
  EXPECT_EQ(dir.List(), std::vector<std::string>{"a"});
}

TEST(DirectoryLock, OfAFileFails) {
  TempDir dir;
  WriteText(dir / "file", "x");
  auto lock = DirectoryLock::Take(dir / "file");
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(lock.status().os_errno, ENOTDIR);
}

TEST(DirectoryLock, GoesWithAKilledProcess) {
  TempDir dir;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto lock = DirectoryLock::Take(dir.path());
    const char answer = lock.ok() ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    ::pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_FALSE(DirectoryLock::Take(dir.path()).ok());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(DirectoryLock::Take(dir.path()).ok());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(DirectoryLock, ReleasingItFreesWhatAForkedChildShares) {
  TempDir dir;
  int done[2];
  ASSERT_EQ(::pipe(done), 0);
  auto lock = DirectoryLock::Take(dir.path());
  ASSERT_TRUE(lock.ok());
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    (void)!::read(done[0], &byte, 1);
    ::_exit(0);
  }
  lock.value()->Release();
  EXPECT_TRUE(DirectoryLock::Take(dir.path()).ok());
  EXPECT_EQ(::write(done[1], "x", 1), 1);
  ::waitpid(child, nullptr, 0);
  ::close(done[0]);
  ::close(done[1]);
}

}  // namespace
}  // namespace ckpt
