#include "shard_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "durable.h"
#include "failpoint.h"

namespace ckpt {
namespace {

// Where both take the same time, of files from 64 KiB to 64 MiB on a virtual disk: below, the page
// cache takes the bytes at once and syncs them together with the rest.
constexpr uint64_t kDirectMinBytes = 2 << 20;

#if defined(O_DIRECT)
constexpr int kDirectFlag = O_DIRECT;
#else
constexpr int kDirectFlag = 0;
#endif

bool SetDirect(int fd, bool direct) noexcept {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || kDirectFlag == 0) return false;
  return ::fcntl(fd, F_SETFL, direct ? flags | kDirectFlag : flags & ~kDirectFlag) == 0;
}

Status Truncate(int fd, uint64_t size, const std::string& path) {
  if (RetryOnInterrupt([&] { return ::ftruncate(fd, static_cast<off_t>(size)); }) == 0) {
    return Status::Ok();
  }
  return Status::FromErrno(errno, "ftruncate", path);
}

// Makes the pages of a mapped range with one call; a fault for each of them costs twice the copy. A
// kernel without the call (before 5.14) makes them on first store.
void Populate([[maybe_unused]] std::byte* start, [[maybe_unused]] uint64_t length) noexcept {
#if defined(__linux__)
  constexpr int kPopulateWrite = 23;  // MADV_POPULATE_WRITE; not in every libc's headers
  ::madvise(start, length, kPopulateWrite);
#endif
}

}  // namespace

ShardFile::ShardFile(const ShardFileOptions& options, const StagingDir& staging, size_t index,
                     uint64_t size)
    : options_(options),
      staging_(staging),
      name_(ShardName(index)),
      path_(staging.PathOf(name_)),
      size_(size) {}

WriteMethod ShardFile::Choose() const noexcept {
  if (options_.method != WriteMethod::kAuto) return options_.method;
  if (options_.durable && size_ >= kDirectMinBytes) return WriteMethod::kDirect;
  return WriteMethod::kBuffered;
}

Status ShardFile::Open() {
  if (options_.spares != nullptr) fd_ = options_.spares->Take(size_, staging_, name_.c_str());
  const bool recycled = fd_.valid();
  if (!recycled) {
    Result<UniqueFd> fd = CreateFile(staging_.fd(), name_.c_str(), path_);
    if (!fd.ok()) return fd.status();
    fd_ = std::move(fd).value();
  }
  CKPT_TRY(Failpoint("before-shard-allocate"));
  // TensorFlow's file of tensors without elements; no call takes a length of 0.
  return size_ == 0 ? Status::Ok() : Size(recycled);
}

Status ShardFile::Size(bool recycled) {
  if (recycled) CKPT_TRY(Truncate(fd_.get(), size_, path_));
  bool unsupported = false;
  CKPT_TRY(Allocate(fd_.get(), size_, path_, &unsupported));
  const WriteMethod method = Choose();
  if (method == WriteMethod::kDirect) direct_ = SetDirect(fd_.get(), true);
  // In a file without blocks a store could meet a full disk, which is SIGBUS.
  if (method != WriteMethod::kMapped || unsupported) return Status::Ok();
  void* address =
      ::mmap(nullptr, RoundUpToSector(size_), PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  // Some file systems cannot map shared; a plain write still works there.
  if (address != MAP_FAILED) base_ = static_cast<std::byte*>(address);
  return Status::Ok();
}

std::byte* ShardFile::Place(const Chunk& chunk) const noexcept {
  if (base_ == nullptr) return nullptr;
  Populate(base_ + chunk.begin, chunk.length);
  return base_ + chunk.begin;
}

Status ShardFile::Put(const Chunk& chunk, Bytes bytes) {
  if (chunk.length == 0) return Status::Ok();
  if (direct_.load(std::memory_order_relaxed)) return PutDirect(chunk, bytes);
  if (base_ == nullptr) CKPT_TRY(WriteAll(fd_.get(), bytes, chunk.begin, path_));
  // The disk writes one chunk while the next ones are made; the sync at the end finds little left.
  if (options_.durable) StartWriteback(fd_.get(), chunk.begin, chunk.length);
  return Status::Ok();
}

Status ShardFile::PutDirect(const Chunk& chunk, Bytes bytes) {
  // Whole sectors; what is too much is cut off in the end.
  const Bytes sectors{bytes.data(), RoundUpToSector(chunk.length)};
  if (sectors.size() > chunk.length) padded_ = true;
  const Status status = WriteAll(fd_.get(), sectors, chunk.begin, path_);
  if (status.ok() || status.os_errno != EINVAL) return status;
  // A device with larger sectors, or a file system that takes the flag and not the call.
  direct_ = false;
  SetDirect(fd_.get(), false);
  return Put(chunk, bytes);
}

Status ShardFile::Finish(FileIdentity* identity) {
  Unmap();
  if (padded_) CKPT_TRY(Truncate(fd_.get(), size_, path_));
  CKPT_TRY(Failpoint("before-shard-sync"));
  if (options_.durable) CKPT_TRY(SyncFile(fd_.get(), path_));
  Result<FileIdentity> found = IdentityOf(fd_.get(), path_);
  if (!found.ok()) return found.status();
  *identity = found.value();
  if (const int error = fd_.Close()) return Status::FromErrno(error, "close", path_);
  return Status::Ok();
}

void ShardFile::Unmap() noexcept {
  if (base_ != nullptr) ::munmap(std::exchange(base_, nullptr), RoundUpToSector(size_));
}

}  // namespace ckpt
