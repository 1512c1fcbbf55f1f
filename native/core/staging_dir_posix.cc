#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif

#include <cstring>
#include <string_view>

#include "directory_lock.h"
#include "durable.h"
#include "failpoint.h"
#include "staging_dir.h"

namespace ckpt {
namespace {

constexpr std::string_view kPrefix = ".ndcheckpoint-";
constexpr size_t kDigits = 16;
constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

Result<std::string> RandomName() {
  unsigned char random[kDigits / 2];
  if (::getentropy(random, sizeof(random)) != 0) return Status::FromErrno(errno, "getentropy", {});
  std::string name(kPrefix);
  for (unsigned char byte : random) {
    name += "0123456789abcdef"[byte >> 4];
    name += "0123456789abcdef"[byte & 15];
  }
  return name;
}

bool IsStagingName(std::string_view name) noexcept {
  return name.size() == kPrefix.size() + kDigits && name.starts_with(kPrefix) &&
         name.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string_view::npos;
}

// Calls visit(name) for each entry but . and .. of an open directory.
template <typename Visit>
void ForEachEntry(int dir, const Visit& visit) noexcept {
  // A description of its own: the caller's keeps its position and its lock.
  const int copy = ::openat(dir, ".", kOpenDirectory);
  if (copy < 0) return;
  DIR* stream = ::fdopendir(copy);
  if (stream == nullptr) {
    ::close(copy);
    return;
  }
  while (const dirent* entry = ::readdir(stream)) {
    if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0) {
      visit(entry->d_name);
    }
  }
  ::closedir(stream);
}

void UnlinkAll(int dir) noexcept {
  ForEachEntry(dir, [&](const char* name) { ::unlinkat(dir, name, 0); });
}

bool SameFile(int fd, const char* path) noexcept {
  struct stat open_one;
  struct stat named;
  return ::fstat(fd, &open_one) == 0 && ::lstat(path, &named) == 0 &&
         open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

}  // namespace

Result<std::unique_ptr<StagingDir>> StagingDir::Create(const std::string& directory) {
  for (int attempt = 0; attempt < 16; ++attempt) {
    Result<std::string> name = RandomName();
    if (!name.ok()) return name.status();
    std::string path = directory + '/' + name.value();
    if (::mkdir(path.c_str(), 0700) != 0) {
      if (errno == EEXIST) continue;
      return Status::FromErrno(errno, "mkdir", path);
    }
    UniqueFd fd(RetryOnInterrupt([&] { return ::open(path.c_str(), kOpenDirectory); }));
    if (!fd.valid() && errno != ENOENT) {
      const int error = errno;
      ::rmdir(path.c_str());
      return Status::FromErrno(error, "open", path);
    }
    // Between mkdir and lock the directory looks dead: a save elsewhere may be removing it, or has.
    if (!fd.valid() || TryLock(fd.get()) == LockState::kHeldByOther) continue;
    if (!SameFile(fd.get(), path.c_str())) continue;
    return std::unique_ptr<StagingDir>(new StagingDir(std::move(path), std::move(fd)));
  }
  return Status::FromErrno(EEXIST, "mkdir", directory + "/.ndcheckpoint-*");
}

void StagingDir::RemoveDead(const std::string& directory) noexcept {
  UniqueFd parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid()) return;
  ForEachEntry(parent.get(), [&](const char* name) {
    if (!IsStagingName(name)) return;
    UniqueFd fd(::openat(parent.get(), name, kOpenDirectory));
    if (!fd.valid() || TryLock(fd.get()) != LockState::kTaken) return;
    UnlinkAll(fd.get());
    ::unlinkat(parent.get(), name, AT_REMOVEDIR);
  });
}

Status StagingDir::WriteFile(const char* name, std::span<const std::byte> bytes,
                             bool durable) const {
  const std::string path = PathOf(name);
  Result<UniqueFd> file = CreateFile(fd(), name, path);
  if (!file.ok()) return file.status();
  CKPT_TRY(WriteAll(file.value().get(), bytes, 0, path));
  if (durable) CKPT_TRY(SyncFile(file.value().get(), path));
  if (const int error = file.value().Close()) return Status::FromErrno(error, "close", path);
  return Status::Ok();
}

void StagingDir::Remove() noexcept {
  if (!fd_.valid()) return;
  UnlinkAll(fd_.get());
  // Only if the name is still ours: someone may have moved the parent away.
  if (SameFile(fd_.get(), path_.c_str())) ::rmdir(path_.c_str());
  fd_.Close();
}

}  // namespace ckpt
