#include <fcntl.h>
#include <sys/file.h>

#include "directory_lock.h"
#include "durable.h"

namespace ckpt {

LockState TryLock(int fd) noexcept {
  if (RetryOnInterrupt([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) == 0) {
    return LockState::kTaken;
  }
  return errno == EWOULDBLOCK ? LockState::kHeldByOther : LockState::kUnsupported;
}

Result<std::unique_ptr<DirectoryLock>> DirectoryLock::Take(const std::string& path) {
  CKPT_TRY(MakeDirectories(path, true));
  UniqueFd fd(
      RetryOnInterrupt([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd.valid()) return Status::FromErrno(errno, "open", path);
  const LockState state = TryLock(fd.get());
  if (state == LockState::kHeldByOther) return Status::FromErrno(EWOULDBLOCK, "flock", path);
  return std::unique_ptr<DirectoryLock>(
      new DirectoryLock(std::move(fd), state == LockState::kTaken));
}

void DirectoryLock::Release() noexcept {
  if (!fd_.valid()) return;
  // A child process that was forked and has not yet executed anything shares the description:
  // closing alone would leave it locked for that long.
  ::flock(fd_.get(), LOCK_UN);
  fd_.Close();
}

}  // namespace ckpt
