#include <array>
#include <atomic>

#include "copy_chunk.h"
#include "fork_copier.h"
#include "snapshot.h"

namespace ckpt {
namespace {

// The process, and which of its slots are taken.
struct Forked {
  explicit Forked(std::unique_ptr<ForkCopier> process) : copier(std::move(process)) {}

  // -1 if all are taken.
  int TakeSlot() noexcept {
    for (int slot = 0; slot < ForkCopier::kSlots; ++slot) {
      if (!taken[static_cast<size_t>(slot)].exchange(true)) return slot;
    }
    return -1;
  }
  void FreeSlot(int slot) noexcept { taken[static_cast<size_t>(slot)] = false; }

  const std::unique_ptr<ForkCopier> copier;
  std::array<std::atomic<bool>, ForkCopier::kSlots> taken{};
};

class ForkReader final : public ChunkReader {
 public:
  ForkReader(const ShardLayout& layout, std::shared_ptr<Forked> forked, int slot,
             AlignedBuffer buffer)
      : layout_(layout),
        forked_(std::move(forked)),
        copier_(*forked_->copier),
        slot_(slot),
        buffer_(std::move(buffer)) {}
  ~ForkReader() override { forked_->FreeSlot(slot_); }

  // The other process fills its slot; from there the bytes are copied and summed in one pass, as
  // from live arrays.
  Result<Bytes> Read(const Chunk& chunk, std::byte* target, RowSums& sums, Job& job) override {
    CKPT_TRY(Fetch(chunk, job));
    std::byte* const place = target != nullptr ? target : buffer_.data();
    const std::byte* const slot = copier_.buffer(slot_);
    CKPT_TRY(CopyChunk(layout_, chunk, place, sums, job, [&](const RowPart& part) {
      return part.is_source ? Bytes{slot + part.at, part.bytes.size()} : part.bytes;
    }));
    return Bytes{place, chunk.length};
  }

 private:
  Status Fetch(const Chunk& chunk, Job& job) {
    const std::span<ForkCopier::Segment> segments = copier_.segments(slot_);
    size_t count = 0;
    Status status;
    ForEachPart(layout_, chunk, [&](const RowPart& part) {
      if (!status.ok()) return;
      // Heads may have been replaced since the fork.
      if (!part.is_source) return;
      segments[count++] = {part.bytes.data(), part.bytes.size(), part.at};
      if (count < segments.size()) return;
      status = copier_.Copy(slot_, std::exchange(count, 0), job);
    });
    CKPT_TRY(status);
    return count == 0 ? Status::Ok() : copier_.Copy(slot_, count, job);
  }

  const ShardLayout& layout_;
  const std::shared_ptr<Forked> forked_;
  ForkCopier& copier_;
  const int slot_;
  const AlignedBuffer buffer_;
};

class ForkSnapshot final : public Snapshot {
 public:
  ForkSnapshot(ShardLayout layout, std::shared_ptr<Forked> forked, std::shared_ptr<Snapshot> whole)
      : Snapshot(std::move(layout)), forked_(std::move(forked)), whole_(std::move(whole)) {}

  Result<std::unique_ptr<ChunkReader>> NewReader() override {
    Result<AlignedBuffer> buffer = AlignedBuffer::Create(kChunkBytes);
    if (!buffer.ok()) return buffer.status();
    const int slot = forked_->TakeSlot();
    if (slot < 0) return Status::Invalid("a fork snapshot has no more readers");
    return std::unique_ptr<ChunkReader>(
        new ForkReader(layout_, forked_, slot, std::move(buffer).value()));
  }
  int max_readers() const noexcept override { return ForkCopier::kSlots; }

  Result<std::shared_ptr<Snapshot>> Part(ShardLayout layout) override {
    return std::shared_ptr<Snapshot>(
        new ForkSnapshot(std::move(layout), forked_, shared_from_this()));
  }

  // Every page that the program changes while the other process lives is copied.
  void Finish() noexcept override { forked_->copier->Stop(); }

 private:
  const std::shared_ptr<Forked> forked_;
  const std::shared_ptr<Snapshot> whole_;  // null, or whose heads it has
};

}  // namespace

Result<std::shared_ptr<Snapshot>> SnapshotFork(ShardLayout layout) noexcept {
  return NoThrow([&]() -> Result<std::shared_ptr<Snapshot>> {
    // The layout was made before, so that the other process need not have it.
    Result<std::unique_ptr<ForkCopier>> copier = ForkCopier::Start();
    if (!copier.ok()) return copier.status();
    auto forked = std::make_shared<Forked>(std::move(copier).value());
    return std::shared_ptr<Snapshot>(
        new ForkSnapshot(std::move(layout), std::move(forked), nullptr));
  });
}

}  // namespace ckpt
