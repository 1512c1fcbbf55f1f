#include <atomic>

#include "copy_chunk.h"
#include "fork_copier.h"
#include "snapshot.h"

namespace ckpt {
namespace {

class ForkReader final : public ChunkReader {
 public:
  ForkReader(const ShardLayout& layout, ForkCopier& copier, int slot, AlignedBuffer buffer)
      : layout_(layout), copier_(copier), slot_(slot), buffer_(std::move(buffer)) {}

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
  ForkCopier& copier_;
  const int slot_;
  const AlignedBuffer buffer_;
};

class ForkSnapshot final : public Snapshot {
 public:
  ForkSnapshot(ShardLayout layout, std::unique_ptr<ForkCopier> copier)
      : Snapshot(std::move(layout)), copier_(std::move(copier)) {}

  Result<std::unique_ptr<ChunkReader>> NewReader() override {
    const int slot = next_slot_.fetch_add(1);
    if (slot >= ForkCopier::kSlots) return Status::Invalid("a fork snapshot has no more readers");
    Result<AlignedBuffer> buffer = AlignedBuffer::Create(kChunkBytes);
    if (!buffer.ok()) return buffer.status();
    return std::unique_ptr<ChunkReader>(
        new ForkReader(layout_, *copier_, slot, std::move(buffer).value()));
  }
  int max_readers() const noexcept override { return ForkCopier::kSlots; }

  // Every page that the program changes while the other process lives is copied.
  void Finish() noexcept override { copier_->Stop(); }

 private:
  const std::unique_ptr<ForkCopier> copier_;
  std::atomic<int> next_slot_{0};
};

}  // namespace

Result<std::shared_ptr<Snapshot>> SnapshotFork(ShardLayout layout) noexcept {
  return NoThrow([&]() -> Result<std::shared_ptr<Snapshot>> {
    // The layout was made before, so that the other process need not have it.
    Result<std::unique_ptr<ForkCopier>> copier = ForkCopier::Start();
    if (!copier.ok()) return copier.status();
    return std::shared_ptr<Snapshot>(
        new ForkSnapshot(std::move(layout), std::move(copier).value()));
  });
}

}  // namespace ckpt
