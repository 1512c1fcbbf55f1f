#include <time.h>

#include <atomic>
#include <cstring>

#include "copy_stream.h"
#include "snapshot.h"
#include "staging_memory.h"

namespace ckpt {
namespace {

// How much is copied before the readers hear of it.
constexpr uint64_t kStep = 1 << 20;
constexpr long kPollNanoseconds = 50'000;

void Sleep(long nanoseconds) noexcept {
  const timespec time{0, nanoseconds};
  ::nanosleep(&time, nullptr);
}

// The image holds each shard from a sector on. Rows are copied in order, so `filled_` tells how far
// readers may go.
class ImageSnapshot final : public Snapshot {
 public:
  ImageSnapshot(ShardLayout layout, std::vector<uint64_t> bases,
                std::shared_ptr<StagingMemory> memory)
      : Snapshot(std::move(layout)), bases_(std::move(bases)), memory_(std::move(memory)) {}

  void Fill() noexcept override {
    std::byte* const image = memory_ ? memory_->bytes().data() : nullptr;
    uint64_t told = 0;
    for (size_t i = 0; i < layout_.shards.size(); ++i) {
      const Shard& shard = layout_.shards[i];
      const uint64_t base = bases_[i];
      uint64_t end = 0;  // of what is filled of this shard
      for (size_t row = shard.first_row; row < shard.first_row + shard.row_count; ++row) {
        FillRow(layout_.rows[row], image + base, &end);
        if (base + end - told < kStep) continue;
        told = base + end;
        filled_.store(told, std::memory_order_release);
      }
      const uint64_t size = RoundUpToSector(shard.size);
      if (size > end) std::memset(image + base + end, 0, size - end);
      filled_.store(base + size, std::memory_order_release);
    }
    filled_.store(UINT64_MAX, std::memory_order_release);
  }

  Result<std::unique_ptr<ChunkReader>> NewReader() override;

  Status SetHead(size_t row, Bytes head, uint32_t seed) override {
    CKPT_TRY(Snapshot::SetHead(row, head, seed));
    if (filled_.load() != UINT64_MAX || head.empty()) return Status::Ok();
    size_t shard = 0;
    while (row >= layout_.shards[shard].first_row + layout_.shards[shard].row_count) ++shard;
    std::byte* const place = memory_->bytes().data() + bases_[shard] + layout_.rows[row].offset;
    std::memcpy(place, head.data(), head.size());
    return Status::Ok();
  }

  // Waits until the chunk is there.
  Result<Bytes> At(const Chunk& chunk, Job& job) const {
    const uint64_t begin = bases_[chunk.shard] + chunk.begin;
    const uint64_t end = begin + RoundUpToSector(chunk.length);
    while (filled_.load(std::memory_order_acquire) < end) {
      CKPT_TRY(job.Check());
      Sleep(kPollNanoseconds);
    }
    if (chunk.length == 0) return Bytes{};
    return Bytes{memory_->bytes().data() + begin, chunk.length};
  }

 private:
  // Large rows are told of while they grow.
  void FillRow(const ShardRow& row, std::byte* shard, uint64_t* end) noexcept {
    std::memset(shard + *end, 0, row.offset - *end);
    std::byte* target = shard + row.offset;
    if (!row.head.empty()) std::memcpy(target, row.head.data(), row.head.size());
    target += row.head.size();
    const uint64_t done = static_cast<uint64_t>(target - memory_->bytes().data());
    for (size_t at = 0; at < row.source.size(); at += kChunkBytes) {
      const size_t length = std::min<size_t>(kChunkBytes, row.source.size() - at);
      CopyStream(target + at, row.source.subspan(at, length));
      if (row.source.size() > kChunkBytes)
        filled_.store(done + at + length, std::memory_order_release);
    }
    *end = row.end();
  }

  const std::vector<uint64_t> bases_;
  const std::shared_ptr<StagingMemory> memory_;  // null without any bytes
  std::atomic<uint64_t> filled_{0};
};

class ImageReader final : public ChunkReader {
 public:
  explicit ImageReader(const ImageSnapshot& snapshot) : snapshot_(snapshot) {}

  Result<Bytes> Read(const Chunk& chunk, std::byte* target, RowSums& sums, Job& job) override {
    Result<Bytes> bytes = snapshot_.At(chunk, job);
    if (!bytes.ok()) return bytes.status();
    SumChunk(snapshot_.layout(), chunk, bytes.value(), sums, job);
    if (target == nullptr || chunk.length == 0) return bytes.value();
    std::memcpy(target, bytes.value().data(), chunk.length);
    return Bytes{target, chunk.length};
  }

 private:
  const ImageSnapshot& snapshot_;
};

Result<std::unique_ptr<ChunkReader>> ImageSnapshot::NewReader() {
  return std::unique_ptr<ChunkReader>(new ImageReader(*this));
}

}  // namespace

Result<std::shared_ptr<Snapshot>> SnapshotImage(ShardLayout layout) noexcept {
  return NoThrow([&]() -> Result<std::shared_ptr<Snapshot>> {
    std::vector<uint64_t> bases;
    uint64_t need = 0;
    for (const Shard& shard : layout.shards) {
      bases.push_back(need);
      // Sizes come from a plan, so they are not to be trusted.
      if (__builtin_add_overflow(need, RoundUpToSector(shard.size), &need)) {
        return Status::FromErrno(ENOMEM, "mmap", "staging memory");
      }
    }
    std::shared_ptr<StagingMemory> memory;
    if (need > 0) {
      Result<std::shared_ptr<StagingMemory>> acquired = StagingMemory::Acquire(need);
      if (!acquired.ok()) return acquired.status();
      memory = std::move(acquired).value();
    }
    return std::shared_ptr<Snapshot>(
        new ImageSnapshot(std::move(layout), std::move(bases), std::move(memory)));
  });
}

}  // namespace ckpt
