#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

#include "durable.h"
#include "replacement.h"

namespace ckpt {

Status Replacement::Write(Bytes bytes, bool durable) {
  return staging_.WriteFile(name_.c_str(), bytes, durable);
}

Status Replacement::KeepPrevious() {
  struct stat info;
  if (::lstat(path_.c_str(), &info) != 0) {
    return errno == ENOENT ? Status::Ok() : Status::FromErrno(errno, "lstat", path_);
  }
  if (S_ISDIR(info.st_mode)) return Status::FromErrno(EISDIR, "rename", path_);
  existed_ = true;
  // Of a symbolic link itself, not of what it leads to.
  kept_ = ::linkat(AT_FDCWD, path_.c_str(), staging_.fd(), backup_.c_str(), 0) == 0;
  // No links here, or not to this file. Without a copy the commit goes on and only cannot be undone
  // behind the commit point. What somebody's symbolic link leads to is not copied: it may be meant
  // for this user only, and the copy would be put where others can read it.
  if (!kept_ && S_ISREG(info.st_mode)) kept_ = CopyPrevious().ok();
  return Status::Ok();
}

Status Replacement::CopyPrevious() {
  uint64_t size = 0;
  Result<UniqueFd> from = OpenForReading(path_, &size);
  if (!from.ok()) return from.status();
  std::vector<std::byte> bytes(size);
  CKPT_TRY(ReadAll(from.value().get(), bytes, 0, path_));
  return staging_.WriteFile(backup_.c_str(), bytes, false);
}

Status Replacement::Publish() {
  if (::renameat(staging_.fd(), name_.c_str(), AT_FDCWD, path_.c_str()) != 0) {
    return Status::FromErrno(errno, "rename", path_);
  }
  published_ = true;
  return Status::Ok();
}

void Replacement::Undo() noexcept {
  if (!published_) return;
  if (kept_) {
    ::renameat(staging_.fd(), backup_.c_str(), AT_FDCWD, path_.c_str());
  } else if (!existed_) {
    ::unlink(path_.c_str());
  }
  published_ = existed_ && !kept_;
}

}  // namespace ckpt
