#include <atomic>
#include <cstring>

#include "fork_copier.h"
#include "snapshot.h"

namespace ckpt {
namespace {

class ForkReader final : public ChunkReader {
 public:
  ForkReader(const ShardLayout& layout, ForkCopier& copier, int slot)
      : layout_(layout), copier_(copier), slot_(slot) {}

  Result<Bytes> Read(const Chunk& chunk, std::byte* target, RowSums& sums, Job& job) override {
    std::byte* const buffer = copier_.buffer(slot_);
    // Gaps stay zero: nothing but parts is copied over them.
    std::memset(buffer, 0, RoundUpToSector(chunk.length));
    CKPT_TRY(Fetch(chunk, job));
    const Bytes bytes{buffer, chunk.length};
    SumChunk(layout_, chunk, bytes, sums, job);
    if (target == nullptr || chunk.length == 0) return bytes;
    std::memcpy(target, buffer, chunk.length);
    return Bytes{target, chunk.length};
  }

 private:
  Status Fetch(const Chunk& chunk, Job& job) {
    const std::span<ForkCopier::Segment> segments = copier_.segments(slot_);
    size_t count = 0;
    Status status;
    ForEachPart(layout_, chunk, [&](const RowPart& part) {
      if (!status.ok()) return;
      // Heads may have been replaced since.
      if (!part.is_source) {
        std::memcpy(copier_.buffer(slot_) + part.at, part.bytes.data(), part.bytes.size());
        return;
      }
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
};

class ForkSnapshot final : public Snapshot {
 public:
  ForkSnapshot(ShardLayout layout, std::unique_ptr<ForkCopier> copier)
      : Snapshot(std::move(layout)), copier_(std::move(copier)) {}

  Result<std::unique_ptr<ChunkReader>> NewReader() override {
    const int slot = next_slot_.fetch_add(1);
    if (slot >= ForkCopier::kSlots) return Status::Invalid("a fork snapshot has no more readers");
    return std::unique_ptr<ChunkReader>(new ForkReader(layout_, *copier_, slot));
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
