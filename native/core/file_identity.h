#pragma once
// Which file it is and whether it is as it was: what a save knows of a file when it comes back to
// it later, when its name may mean another one.

#include <cstdint>

#include "status.h"

namespace ckpt {

// FILE_COLUMNS of lib/data-plane.ts.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;
  uint64_t modified = 0;  // nanoseconds since 1970

  bool operator==(const FileIdentity&) const = default;
};

Result<FileIdentity> IdentityOf(int fd, const std::string& path);

// Of a name in a directory, if it is a regular file of this user: what others can change is not to
// be relied upon. Links are not followed. EINVAL, EPERM if it is not.
Result<FileIdentity> OwnFileAt(int dir, const char* name, const std::string& path);

}  // namespace ckpt
