#include "snapshot.h"

#include <cerrno>
#include <cstring>

namespace ckpt {
namespace {

constexpr size_t kAlignment = 64;

size_t RoundUp(size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

std::shared_ptr<Snapshot> Snapshot::Live(std::vector<Bytes> sources) {
  std::shared_ptr<Snapshot> snapshot(new Snapshot);
  for (Bytes source : sources) snapshot->byte_length_ += source.size();
  snapshot->sources_ = std::move(sources);
  return snapshot;
}

Result<std::shared_ptr<Snapshot>> Snapshot::Copy(std::span<const Bytes> sources) noexcept {
  return NoThrow([&]() -> Result<std::shared_ptr<Snapshot>> {
    size_t need = 0;
    for (Bytes source : sources) {
      // Each fits in memory, but one buffer may be listed any number of times.
      if (__builtin_add_overflow(need, RoundUp(source.size()), &need)) {
        return Status::FromErrno(ENOMEM, "mmap", "staging memory");
      }
    }
    std::shared_ptr<Snapshot> snapshot(new Snapshot);
    snapshot->copied_ = true;
    snapshot->sources_.reserve(sources.size());
    std::byte* target = nullptr;
    if (need > 0) {
      Result<std::shared_ptr<StagingMemory>> memory = StagingMemory::Acquire(need);
      if (!memory.ok()) return memory.status();
      snapshot->memory_ = std::move(memory).value();
      target = snapshot->memory_->bytes().data();
    }
    for (Bytes source : sources) {
      snapshot->sources_.emplace_back(target, source.size());
      if (source.empty()) continue;
      std::memcpy(target, source.data(), source.size());
      target += RoundUp(source.size());
      snapshot->byte_length_ += source.size();
    }
    return snapshot;
  });
}

}  // namespace ckpt
