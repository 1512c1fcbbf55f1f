#pragma once

#include <memory>
#include <string>

#include "counters.h"
#include "fd.h"
#include "status.h"

namespace ckpt {

enum class LockState { kTaken, kHeldByOther, kUnsupported };

// An exclusive lock of the kernel (flock) on an open file or directory. It belongs to the open
// description, not to the process, and goes with it: nothing is left behind by a crash.
LockState TryLock(int fd) noexcept;

// Ownership of a directory among all processes that ask for it in this manner. Readers do not ask.
// Locks the directory itself, so that there is no lock file to be removed or forgotten.
//
// One thread at a time.
class DirectoryLock {
 public:
  // Makes the directory if it is missing, with its parents. EWOULDBLOCK of "flock": it has an
  // owner.
  static Result<std::unique_ptr<DirectoryLock>> Take(const std::string& path);

  ~DirectoryLock() { Release(); }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

  // False if the file system has no locks; others are not kept out then.
  bool exclusive() const noexcept { return exclusive_; }

  // Idempotent.
  void Release() noexcept;

 private:
  DirectoryLock(UniqueFd fd, bool exclusive) : fd_(std::move(fd)), exclusive_(exclusive) {}

  UniqueFd fd_;
  bool exclusive_;
  Counted<Kind::kLock> counted_;
};

}  // namespace ckpt
