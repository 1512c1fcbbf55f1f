#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "file_identity.h"

namespace ckpt {
namespace {

FileIdentity From(const struct stat& info) noexcept {
#if defined(__APPLE__)
  const timespec time = info.st_mtimespec;
#else
  const timespec time = info.st_mtim;
#endif
  constexpr uint64_t kSecond = 1'000'000'000;
  return {static_cast<uint64_t>(info.st_dev), static_cast<uint64_t>(info.st_ino),
          static_cast<uint64_t>(info.st_size),
          static_cast<uint64_t>(time.tv_sec) * kSecond + static_cast<uint64_t>(time.tv_nsec)};
}

}  // namespace

Result<FileIdentity> IdentityOf(int fd, const std::string& path) {
  struct stat info;
  if (::fstat(fd, &info) != 0) return Status::FromErrno(errno, "fstat", path);
  return From(info);
}

Result<FileIdentity> OwnFileAt(int dir, const char* name, const std::string& path) {
  struct stat info;
  if (::fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return Status::FromErrno(errno, "fstatat", path);
  }
  if (!S_ISREG(info.st_mode)) return Status::FromErrno(EINVAL, "fstatat", path);
  if (info.st_uid != ::geteuid()) return Status::FromErrno(EPERM, "fstatat", path);
  return From(info);
}

}  // namespace ckpt
