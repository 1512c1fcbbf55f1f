#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits>

#include "durable.h"
#include "failpoint.h"
#include "mapping.h"

namespace ckpt {

Result<std::shared_ptr<Mapping>> Mapping::Open(const std::string& path, UniqueFd* file) {
  uint64_t size = 0;
  Result<UniqueFd> fd = OpenForReading(path, &size);
  if (!fd.ok()) return fd.status();
  if (size > std::numeric_limits<size_t>::max()) return Status::FromErrno(EFBIG, "mmap", path);
  std::shared_ptr<Mapping> mapping(new Mapping({}, path));
  if (size == 0) return mapping;  // mmap refuses a length of 0, and there is nothing to read
  // NORESERVE: only pages that the program writes to need memory of their own.
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE,
                         fd.value().get(), 0);
  if (address == MAP_FAILED) return Status::FromErrno(errno, "mmap", path);
  mapping->bytes_ = {static_cast<std::byte*>(address), static_cast<size_t>(size)};
  if (file != nullptr) *file = std::move(fd).value();
  return mapping;
}

Mapping::~Mapping() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

namespace {

constexpr size_t kMaxOpenFiles = 32;

#if defined(__linux__)
// Why bytes of a mapped file cannot be had, as far as its name tells.
Status Unreadable(const std::string& path, uint64_t end) {
  struct stat info;
  if (::stat(path.c_str(), &info) == 0 && static_cast<uint64_t>(info.st_size) < end) {
    return EndsEarly(path, end);
  }
  return Status::FromErrno(EIO, "read", path);
}
#endif

}  // namespace

Status Mapping::Require([[maybe_unused]] uint64_t offset, [[maybe_unused]] uint64_t length) const {
#if defined(__linux__)
  constexpr int kPopulateRead = 22;  // MADV_POPULATE_READ; not in every libc's headers
  static const uint64_t page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  if (length == 0) return Status::Ok();
  const uint64_t before = offset % page;
  std::byte* const start = bytes_.data() + (offset - before);
  const int result =
      RetryOnInterrupt([&] { return ::madvise(start, length + before, kPopulateRead); });
  // Whatever else it answers is no word on the bytes.
  if (result != 0 && (errno == EFAULT || errno == EHWPOISON)) {
    return Unreadable(path_, offset + length);
  }
#endif
  return Status::Ok();
}

Result<Mappings> OpenMappings(std::span<const std::string> paths, const Job& job,
                              std::vector<UniqueFd>* files) noexcept {
  return NoThrow([&]() -> Result<Mappings> {
    Mappings mappings;
    mappings.reserve(paths.size());
    for (const std::string& path : paths) {
      CKPT_TRY(job.Check());
      CKPT_TRY(Failpoint("before-map"));
      UniqueFd* file = nullptr;
      if (files != nullptr && files->size() < kMaxOpenFiles) file = &files->emplace_back();
      Result<std::shared_ptr<Mapping>> mapping = Mapping::Open(path, file);
      if (!mapping.ok()) return mapping.status();
      mappings.push_back(std::move(mapping).value());
    }
    return mappings;
  });
}

}  // namespace ckpt
