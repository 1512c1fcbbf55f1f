#include <sys/mman.h>

#include <limits>

#include "durable.h"
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

}  // namespace

Result<Mappings> OpenMappings(std::span<const std::string> paths, const Job& job,
                              std::vector<UniqueFd>* files) noexcept {
  return NoThrow([&]() -> Result<Mappings> {
    Mappings mappings;
    mappings.reserve(paths.size());
    for (const std::string& path : paths) {
      CKPT_TRY(job.Check());
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
