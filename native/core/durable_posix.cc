#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

#include "durable.h"
#include "failpoint.h"

namespace ckpt {

Result<UniqueFd> OpenForReading(const std::string& path, uint64_t* size) {
  // NONBLOCK: opening a fifo must fail below, not wait for a writer. No effect on regular files.
  UniqueFd fd(RetryOnInterrupt(
      [&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); }));
  if (!fd.valid()) return Status::FromErrno(errno, "open", path);
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return Status::FromErrno(errno, "fstat", path);
  if (S_ISDIR(info.st_mode)) return Status::FromErrno(EISDIR, "read", path);
  if (!S_ISREG(info.st_mode)) return Status::FromErrno(EINVAL, "read", path);
  *size = static_cast<uint64_t>(info.st_size);
  return fd;
}

Result<UniqueFd> CreateFile(int dir, const char* name, const std::string& path) {
  constexpr int kFlags = O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd fd(RetryOnInterrupt([&] { return ::openat(dir, name, kFlags, 0666); }));
  if (!fd.valid()) return Status::FromErrno(errno, "open", path);
  return fd;
}

Status ReadAll(int fd, std::span<std::byte> bytes, uint64_t offset, const std::string& path) {
  while (!bytes.empty()) {
    // macOS refuses more than 2 GiB - 1 at once.
    const size_t part = std::min(bytes.size(), size_t{1} << 30);
    const ssize_t count = RetryOnInterrupt(
        [&] { return ::pread(fd, bytes.data(), part, static_cast<off_t>(offset)); });
    if (count < 0) return Status::FromErrno(errno, "read", path);
    if (count == 0) return EndsEarly(path, offset + bytes.size());
    bytes = bytes.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return Status::Ok();
}

Status EndsEarly(const std::string& path, uint64_t end) {
  return Status::Corrupt("file ends before byte " + std::to_string(end), path);
}

Status WriteAll(int fd, std::span<const std::byte> bytes, uint64_t offset,
                const std::string& path) {
  while (!bytes.empty()) {
    // macOS refuses more than 2 GiB - 1 at once.
    const size_t part = std::min(bytes.size(), size_t{1} << 30);
    const ssize_t written = RetryOnInterrupt(
        [&] { return ::pwrite(fd, bytes.data(), part, static_cast<off_t>(offset)); });
    if (written < 0) return Status::FromErrno(errno, "write", path);
    if (written == 0) return Status::FromErrno(EIO, "write", path);
    bytes = bytes.subspan(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return Status::Ok();
}

Status Allocate(int fd, uint64_t size, const std::string& path, bool* unsupported) {
  *unsupported = false;
#if defined(__linux__)
  // Not posix_fallocate: where the file system cannot, it writes into every block instead.
  if (RetryOnInterrupt([&] { return ::fallocate(fd, 0, 0, static_cast<off_t>(size)); }) == 0) {
    return Status::Ok();
  }
  if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL) {
    return Status::FromErrno(errno, "fallocate", path);
  }
#endif
  *unsupported = true;
  if (RetryOnInterrupt([&] { return ::ftruncate(fd, static_cast<off_t>(size)); }) != 0) {
    return Status::FromErrno(errno, "ftruncate", path);
  }
  return Status::Ok();
}

Status SyncFile(int fd, const std::string& path) {
#if defined(__APPLE__)
  // fsync leaves the bytes in the drive's cache there; some file systems have nothing better.
  if (::fcntl(fd, F_FULLFSYNC) == 0) return Status::Ok();
#endif
  if (RetryOnInterrupt([&] { return ::fsync(fd); }) != 0) {
    return Status::FromErrno(errno, "fsync", path);
  }
  return Status::Ok();
}

void StartWriteback([[maybe_unused]] int fd, [[maybe_unused]] uint64_t offset,
                    [[maybe_unused]] uint64_t length) noexcept {
#if defined(__linux__)
  ::sync_file_range(fd, static_cast<off_t>(offset), static_cast<off_t>(length),
                    SYNC_FILE_RANGE_WRITE);
#endif
}

Status SyncDirectory(const std::string& path) {
  UniqueFd fd(
      RetryOnInterrupt([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd.valid()) return Status::FromErrno(errno, "open", path);
  if (RetryOnInterrupt([&] { return ::fsync(fd.get()); }) == 0) return Status::Ok();
  // Some file systems have no such call for directories and order their metadata by themselves.
  if (errno == EINVAL || errno == EOPNOTSUPP) return Status::Ok();
  return Status::FromErrno(errno, "fsync", path);
}

Status MakeDirectories(const std::string& path, bool durable) {
  struct stat info;
  if (::stat(path.c_str(), &info) == 0) {
    return S_ISDIR(info.st_mode) ? Status::Ok() : Status::FromErrno(ENOTDIR, "mkdir", path);
  }
  const std::string parent = ParentOf(path);
  if (errno != ENOENT || parent == path) {
    // ENOTDIR: a file stands further up; name that one.
    const Status status = Status::FromErrno(errno, "mkdir", path);
    if (status.os_errno == ENOTDIR && parent != path) CKPT_TRY(MakeDirectories(parent, durable));
    return status;
  }
  CKPT_TRY(MakeDirectories(parent, durable));
  if (::mkdir(path.c_str(), 0777) != 0) {
    if (errno != EEXIST) return Status::FromErrno(errno, "mkdir", path);
    // Another process was faster, or a dangling link is in the way.
    if (::stat(path.c_str(), &info) != 0) return Status::FromErrno(EEXIST, "mkdir", path);
    if (!S_ISDIR(info.st_mode)) return Status::FromErrno(ENOTDIR, "mkdir", path);
  }
  return durable ? SyncDirectory(parent) : Status::Ok();
}

namespace {

// 0 or the errno. ENOSYS where there is no such call.
int RenameExclusive([[maybe_unused]] int dir, [[maybe_unused]] const char* name,
                    [[maybe_unused]] const char* destination) {
#if defined(__linux__) && defined(SYS_renameat2)
  constexpr unsigned kNoReplace = 1;  // RENAME_NOREPLACE; not in every libc's headers
  return ::syscall(SYS_renameat2, dir, name, AT_FDCWD, destination, kNoReplace) == 0 ? 0 : errno;
#elif defined(__APPLE__)
  return ::renameatx_np(dir, name, AT_FDCWD, destination, RENAME_EXCL) == 0 ? 0 : errno;
#else
  return ENOSYS;
#endif
}

}  // namespace

Status RenameNoReplace(int dir, const char* name, const std::string& destination) {
  const char* to = destination.c_str();
  int error = RenameExclusive(dir, name, to);
  if (error == EINVAL || error == ENOSYS || error == ENOTSUP) {
    // A hard link refuses an existing name just as well.
    error = ::linkat(dir, name, AT_FDCWD, to, 0) == 0 ? 0 : errno;
    if (error == 0) {
      ::unlinkat(dir, name, 0);
      return Status::Ok();
    }
    if (error != EEXIST) {
      // No links either: look first. Another process may slip in between; none of ours does, for
      // it would have to save to the same prefix.
      struct stat info;
      if (::lstat(to, &info) == 0) return Status::FromErrno(EEXIST, "rename", destination);
      error = ::renameat(dir, name, AT_FDCWD, to) == 0 ? 0 : errno;
    }
  }
  return error == 0 ? Status::Ok() : Status::FromErrno(error, "rename", destination);
}

Status RemoveFiles(std::span<const std::string> paths, const Job& job) noexcept {
  return NoThrow([&] {
    Status first;
    for (const std::string& path : paths) {
      CKPT_TRY(job.Check());
      CKPT_TRY(Failpoint("before-unlink"));
      if (::unlink(path.c_str()) == 0 || errno == ENOENT || !first.ok()) continue;
      first = Status::FromErrno(errno, "unlink", path);
    }
    return first;
  });
}

std::string ParentOf(const std::string& path) {
  const size_t end = path.find_last_not_of('/');  // trailing slashes name the same directory
  if (end == std::string::npos) return path.empty() ? "." : "/";
  const size_t slash = path.find_last_of('/', end);
  if (slash == std::string::npos) return ".";
  const size_t last = path.find_last_not_of('/', slash);
  return last == std::string::npos ? "/" : path.substr(0, last + 1);
}

}  // namespace ckpt
