#include "loaded_memory.h"

#include <sys/mman.h>

#include <cerrno>

#include "extent.h"

namespace ckpt {
namespace {

constexpr uint64_t kHugePage = uint64_t{2} << 20;
constexpr uint64_t kPage = 4096;
constexpr uint64_t kAlignment = 64;

bool RoundUp(uint64_t value, uint64_t unit, uint64_t* rounded) noexcept {
  if (!CheckedAdd(value, unit - 1, rounded)) return false;
  *rounded -= *rounded % unit;
  return true;
}

// Where each row starts, and behind them the end; empty if they are more than can be counted.
std::vector<uint64_t> Layout(std::span<const uint64_t> lengths) {
  std::vector<uint64_t> starts(lengths.size() + 1);
  uint64_t end = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const uint64_t unit = lengths[i] >= LoadedMemory::kOwnPages ? kPage : kAlignment;
    if (!RoundUp(end, unit, &starts[i]) || !CheckedAdd(starts[i], lengths[i], &end)) return {};
  }
  starts.back() = end;
  return starts;
}

}  // namespace

Result<std::shared_ptr<LoadedMemory>> LoadedMemory::Create(std::span<const uint64_t> lengths) {
  std::shared_ptr<LoadedMemory> memory(new LoadedMemory);
  memory->rows_.resize(lengths.size());
  const std::vector<uint64_t> starts = Layout(lengths);
  uint64_t padded = 0;
  if (starts.empty() || !CheckedAdd(starts.back(), kHugePage, &padded) || padded > PTRDIFF_MAX) {
    return Status::FromErrno(ENOMEM, "mmap", "memory for arrays");
  }
  if (starts.back() == 0) return memory;
  void* address =
      ::mmap(nullptr, padded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) return Status::FromErrno(errno, "mmap", "memory for arrays");
  memory->mapped_ = {static_cast<std::byte*>(address), static_cast<size_t>(padded)};
  std::byte* base = memory->mapped_.data();
  base += -reinterpret_cast<uintptr_t>(base) % kHugePage;
#if defined(MADV_HUGEPAGE)
  // Fresh huge pages are filled three times as fast as small ones. Whole ones only.
  if (const uint64_t huge = starts.back() / kHugePage * kHugePage; huge > 0) {
    ::madvise(base, huge, MADV_HUGEPAGE);
  }
#endif
  for (size_t i = 0; i < lengths.size(); ++i) {
    memory->rows_[i] = {base + starts[i], static_cast<size_t>(lengths[i])};
    memory->size_ += lengths[i];
  }
  return memory;
}

LoadedMemory::~LoadedMemory() {
  if (!mapped_.empty()) ::munmap(mapped_.data(), mapped_.size());
}

void LoadedMemory::Release(size_t i) noexcept {
  const uintptr_t begin = reinterpret_cast<uintptr_t>(rows_[i].data());
  const uintptr_t start = (begin + kPage - 1) / kPage * kPage;
  const uintptr_t end = (begin + rows_[i].size()) / kPage * kPage;
  // Refused where pages are larger, and then they stay until all rows are done with.
  if (start < end) ::madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED);
}

}  // namespace ckpt
