#include "spare_shards.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "durable.h"
#include "exclusive.h"
#include "failpoint.h"

namespace ckpt {
namespace {

// Smaller ones are as well made anew.
constexpr uint64_t kMinBytes = 1 << 20;
constexpr size_t kMaxSpares = 64;
constexpr int kOpenSpare = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

// Near enough that little has to be allocated or freed.
bool Fits(uint64_t spare, uint64_t wanted) noexcept {
  return spare >= wanted / 8 * 7 && spare <= wanted / 7 * 8 + kMinBytes;
}

}  // namespace

Status SpareShards::Keep(const std::string& path, bool* kept) {
  *kept = false;
  struct stat info;
  // Not a link to a file: that one may be anybody's. Nor a file elsewhere: it could not be renamed
  // to where the next save is, or its directory would have to be synced as well.
  if (ParentOf(path) != directory_) return Status::Ok();
  if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return Status::Ok();
  // Nor one of another user, who could change it, and read it, whatever the umask says.
  if (info.st_uid != ::geteuid()) return Status::Ok();
  // Nor one that another checkpoint has, too.
  if (info.st_nlink != 1) return Status::Ok();
  const auto size = static_cast<uint64_t>(info.st_size);
  if (size < kMinBytes || spares_.size() >= kMaxSpares) return Status::Ok();
  if (!HaveHome()) return Status::Ok();
  Spare spare{"spare-" + std::to_string(next_++), size};
  *kept = ::renameat(AT_FDCWD, path.c_str(), home_->fd(), spare.name.c_str()) == 0;
  if (*kept) spares_.push_back(std::move(spare));
  return Failpoint("after-spare-rename");
}

bool SpareShards::HaveHome() {
  if (home_ || !possible_) return possible_;
  Result<std::unique_ptr<StagingDir>> created = StagingDir::Create(directory_);
  if (!created.ok()) return false;
  possible_ = TellsExclusive(created.value()->fd());
  if (possible_) home_ = std::move(created).value();
  return possible_;
}

Status SpareShards::Add(std::span<const std::string> paths, bool durable, const Job& job) noexcept {
  return NoThrow([&] {
    std::lock_guard lock(mutex_);
    std::vector<std::string> others;
    for (const std::string& path : paths) {
      bool kept = false;
      CKPT_TRY(Keep(path, &kept));
      if (!kept) others.push_back(path);
    }
    const Status removed = RemoveFiles(others, job);
    if (durable && !paths.empty()) {
      const Status status = SyncDirectory(directory_);
      // After a power loss a file might have its old name again: it must not hold anything else.
      if (!status.ok()) Drop();
      CKPT_TRY(status);
    }
    return removed;
  });
}

UniqueFd SpareShards::Take(uint64_t size, const StagingDir& staging, const char* name) noexcept {
  std::lock_guard lock(mutex_);
  for (;;) {
    const auto found = std::find_if(spares_.begin(), spares_.end(),
                                    [&](const Spare& spare) { return Fits(spare.size, size); });
    if (found == spares_.end()) return {};
    UniqueFd fd(::openat(home_->fd(), found->name.c_str(), kOpenSpare));
    const bool usable = fd.valid() && Exclusive(fd.get()) &&
                        ::renameat(home_->fd(), found->name.c_str(), staging.fd(), name) == 0;
    // One that a reader still has keeps its bytes, without a name.
    if (!usable) ::unlinkat(home_->fd(), found->name.c_str(), 0);
    spares_.erase(found);
    if (usable) return fd;
  }
}

void SpareShards::Clear() noexcept {
  std::lock_guard lock(mutex_);
  Drop();
}

void SpareShards::Drop() noexcept {
  spares_.clear();
  home_.reset();
}

uint64_t SpareShards::bytes() noexcept {
  std::lock_guard lock(mutex_);
  uint64_t sum = 0;
  for (const Spare& spare : spares_) sum += spare.size;
  return sum;
}

}  // namespace ckpt
