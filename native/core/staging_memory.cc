#include "staging_memory.h"

#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <limits>
#include <mutex>

#include "parallel.h"

namespace ckpt {
namespace {

using Region = std::span<std::byte>;

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kPrefaultPiece = size_t{64} << 20;

// Never destroyed: threads may still release memory while the process runs its exit handlers.
struct Pool {
  std::mutex mutex;
  std::array<Region, 2> regions;  // the one released last comes first
};

Pool& ThePool() {
  static Pool* const pool = new Pool;
  return *pool;
}

void Unmap(Region region) noexcept {
  if (!region.empty()) ::munmap(region.data(), region.size());
}

// The content is not needed: the kernel may take the pages, and does not have to.
void MarkFree([[maybe_unused]] Region region) noexcept {
#if defined(MADV_FREE)
  if (!region.empty()) ::madvise(region.data(), region.size(), MADV_FREE);
#endif
}

// The smallest that is large enough. Fresh memory would take the program's time, so a far larger
// one is still better; of that the kernel may take what is not needed.
Region TakeFromPool(size_t capacity) {
  Pool& pool = ThePool();
  Region taken;
  {
    std::lock_guard lock(pool.mutex);
    Region* best = nullptr;
    for (Region& region : pool.regions) {
      if (region.size() < capacity) continue;
      if (best == nullptr || region.size() < best->size()) best = &region;
    }
    if (best != nullptr) taken = std::exchange(*best, Region{});
  }
  if (taken.size() / 2 > capacity) MarkFree(taken.subspan(capacity));
  return taken;
}

// Two threads make the pages of a fresh block, at about twice the speed of the copy's own faults.
// A kernel without the call (before 5.14) makes them on first use.
void Prefault([[maybe_unused]] Region region) noexcept {
#if defined(__linux__)
  constexpr int kPopulateWrite = 23;  // MADV_POPULATE_WRITE; not in every libc's headers
  const size_t pieces = region.size() / kPrefaultPiece;
  if (pieces < 2) return;
  (void)RunParallel(pieces, 2, [&](size_t i) {
    ::madvise(region.data() + i * kPrefaultPiece, kPrefaultPiece, kPopulateWrite);
    return Status::Ok();
  });
#endif
}

// Maps memory that starts at a huge page.
Result<Region> MapFresh(size_t capacity) {
  const size_t padded = capacity + kHugePage;
  void* address =
      ::mmap(nullptr, padded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) return Status::FromErrno(errno, "mmap", "staging memory");
  const uintptr_t start = reinterpret_cast<uintptr_t>(address);
  const uintptr_t aligned = (start + kHugePage - 1) / kHugePage * kHugePage;
  std::byte* data = static_cast<std::byte*>(address) + (aligned - start);
  if (aligned > start) ::munmap(address, aligned - start);
  if (const size_t rest = start + padded - (aligned + capacity); rest > 0) {
    ::munmap(data + capacity, rest);
  }
  const Region region{data, capacity};
#if defined(MADV_HUGEPAGE)
  ::madvise(data, capacity, MADV_HUGEPAGE);
#endif
#if defined(MADV_DONTFORK)
  // A child has no use for it, and its pages would make each fork slower.
  ::madvise(data, capacity, MADV_DONTFORK);
#endif
  Prefault(region);
  return region;
}

}  // namespace

Result<std::shared_ptr<StagingMemory>> StagingMemory::Acquire(size_t bytes) {
  if (bytes > std::numeric_limits<size_t>::max() / 2) {
    return Status::FromErrno(ENOMEM, "mmap", "staging memory");
  }
  const size_t capacity = std::max((bytes + kHugePage - 1) / kHugePage, size_t{1}) * kHugePage;
  Region region = TakeFromPool(capacity);
  if (region.empty()) {
    Result<Region> fresh = MapFresh(capacity);
    if (!fresh.ok()) {
      // Perhaps what the pool keeps is what is missing.
      TrimPool();
      fresh = MapFresh(capacity);
      if (!fresh.ok()) return fresh.status();
    }
    region = fresh.value();
  }
  return std::shared_ptr<StagingMemory>(new StagingMemory(region));
}

StagingMemory::~StagingMemory() {
  Region dropped;
  {
    Pool& pool = ThePool();
    std::lock_guard lock(pool.mutex);
    if (!pool.regions[0].empty()) {
      MarkFree(pool.regions[0]);
      dropped = std::exchange(pool.regions[1], pool.regions[0]);
    }
    pool.regions[0] = bytes_;
  }
  Unmap(dropped);
}

void StagingMemory::Cool() noexcept {
  Pool& pool = ThePool();
  std::lock_guard lock(pool.mutex);
  for (Region region : pool.regions) MarkFree(region);
}

void StagingMemory::TrimPool() noexcept {
  Pool& pool = ThePool();
  std::array<Region, 2> dropped;
  {
    std::lock_guard lock(pool.mutex);
    dropped = std::exchange(pool.regions, {});
  }
  for (Region region : dropped) Unmap(region);
}

size_t StagingMemory::PooledBytes() noexcept {
  Pool& pool = ThePool();
  std::lock_guard lock(pool.mutex);
  return pool.regions[0].size() + pool.regions[1].size();
}

}  // namespace ckpt
