#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "copy_stream.h"
#include "parallel.h"
#include "pieces.h"
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
class ImageSnapshot final : public Snapshot, public RefilledImage {
 public:
  ImageSnapshot(ShardLayout layout, std::vector<uint64_t> bases,
                std::shared_ptr<StagingMemory> memory)
      : Snapshot(std::move(layout)), bases_(std::move(bases)), memory_(std::move(memory)) {}

  // With the memory of another one, which has the content of that.
  ImageSnapshot(ShardLayout layout, ImageSnapshot& last)
      : Snapshot(std::move(layout)), bases_(last.bases_), memory_(std::move(last.memory_)) {}

  double Changed() const noexcept override;
  void Refill(std::span<uint8_t> same) noexcept override;

  bool HasLayout(const ShardLayout& other) const noexcept {
    return std::ranges::equal(layout_.shards, other.shards, {}, &Shard::size, &Shard::size) &&
           std::ranges::equal(layout_.rows, other.rows, [](const ShardRow& a, const ShardRow& b) {
             return a.offset == b.offset && a.head.size() == b.head.size() &&
                    a.source.size() == b.source.size();
           });
  }

  // The heads are part of the image.
  ShardRow RowAt(size_t row) const override {
    const ShardRow& known = layout_.rows[row];
    if (known.end() == known.offset) return ShardRow{known.offset, {}, {}};
    const Bytes place{memory_->bytes().data() + bases_[ShardOf(row)] + known.offset,
                      known.head.size() + known.source.size()};
    return ShardRow{known.offset, place.first(known.head.size()), place.subspan(known.head.size())};
  }

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
    const std::span<std::byte> image = memory_->bytes();
    std::memcpy(image.data() + bases_[ShardOf(row)] + layout_.rows[row].offset, head.data(),
                head.size());
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
  size_t ShardOf(size_t row) const noexcept {
    const auto next = std::ranges::upper_bound(layout_.shards, row, {}, &Shard::first_row);
    return static_cast<size_t>(next - layout_.shards.begin()) - 1;
  }

  void RefillPart(size_t number, size_t begin, size_t length, uint8_t* same) noexcept;

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
  std::shared_ptr<StagingMemory> memory_;  // null without any bytes, and when another one has it
  std::atomic<uint64_t> filled_{0};
};

// So many bytes are compared before they are copied, or left: they stay in a cache meanwhile.
constexpr size_t kCompared = 64 << 10;
// One thread cannot read two streams as fast as the memory gives them. Below, another one is not
// worth its start.
constexpr int kRefillThreads = 2;
constexpr size_t kManyBytes = 32 << 20;

bool Differs(const std::byte* known, Bytes bytes) noexcept {
  return !bytes.empty() && std::memcmp(known, bytes.data(), bytes.size()) != 0;
}

// A row, or of a large one a part of its array. Other threads may have other parts of it.
void ImageSnapshot::RefillPart(size_t number, size_t begin, size_t length, uint8_t* same) noexcept {
  const ShardRow& row = layout_.rows[number];
  if (row.end() == row.offset) return;
  std::byte* target = memory_->bytes().data() + bases_[ShardOf(number)] + row.offset;
  if (begin == 0 && Differs(target, row.head)) {
    __atomic_store_n(same, 0, __ATOMIC_RELAXED);
    std::memcpy(target, row.head.data(), row.head.size());
  }
  target += row.head.size();
  const size_t end = begin + length;
  size_t at = begin;
  // A row that has changed is written whole, so nothing is gained by comparing the rest.
  while (at < end && __atomic_load_n(same, __ATOMIC_RELAXED) != 0) {
    const Bytes part = row.source.subspan(at, std::min(kCompared, end - at));
    if (Differs(target + at, part)) {
      __atomic_store_n(same, 0, __ATOMIC_RELAXED);
    } else {
      at += part.size();
    }
  }
  if (at < end) CopyStream(target + at, row.source.subspan(at, end - at));
}

// What lies between the rows is zero from the first time.
void ImageSnapshot::Refill(std::span<uint8_t> same) noexcept {
  std::ranges::fill(same, uint8_t{1});
  const auto length = [&](size_t row) { return layout_.rows[row].source.size(); };
  std::vector<Piece> pieces;
  // Without memory for them there is one thread.
  if (byte_length() >= kManyBytes) {
    (void)NoThrow([&] {
      pieces = CutPieces(layout_.rows.size(), kRefillThreads, length);
      return Status::Ok();
    });
  }
  const auto refill = [&](size_t first, size_t count) {
    for (size_t row = first; row < first + count; ++row) {
      RefillPart(row, 0, length(row), &same[row]);
    }
  };
  if (pieces.empty()) refill(0, layout_.rows.size());
  (void)RunParallel(pieces.size(), kRefillThreads, [&](size_t i) {
    const Piece& piece = pieces[i];
    if (piece.count > 1) {
      refill(piece.first, piece.count);
    } else {
      RefillPart(piece.first, piece.begin, piece.length, &same[piece.first]);
    }
    return Status::Ok();
  });
  filled_.store(UINT64_MAX, std::memory_order_release);
}

// Of so many rows, at so many spots of each.
constexpr size_t kSampledRows = 4096;
constexpr size_t kSpots = 8;
constexpr size_t kSpotBytes = 64;

double ImageSnapshot::Changed() const noexcept {
  const size_t step = layout_.rows.size() / kSampledRows + 1;
  double seen = 0;
  double changed = 0;
  for (size_t i = 0; i < layout_.rows.size(); i += step) {
    const Bytes source = layout_.rows[i].source;
    if (source.empty()) continue;
    const std::byte* const known = RowAt(i).source.data();
    bool differs = false;
    for (size_t spot = 0; spot < kSpots && !differs; ++spot) {
      const size_t length = std::min(kSpotBytes, source.size());
      // The first and the last bytes among them.
      const size_t at = (source.size() - length) / (kSpots - 1) * spot;
      differs = std::memcmp(known + at, source.data() + at, length) != 0;
    }
    seen += static_cast<double>(source.size());
    if (differs) changed += static_cast<double>(source.size());
  }
  return seen == 0 ? 0 : changed / seen;
}

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

std::shared_ptr<Snapshot> SnapshotRefilled(ShardLayout& layout, std::shared_ptr<Snapshot>& last,
                                           RefilledImage** refilled) {
  auto* const image = dynamic_cast<ImageSnapshot*>(last.get());
  // Whoever else has it may be reading it, or may fill it yet.
  if (image == nullptr || last.use_count() != 1 || !image->HasLayout(layout)) return nullptr;
  auto filled = std::make_shared<ImageSnapshot>(std::move(layout), *image);
  *refilled = filled.get();
  last.reset();
  return filled;
}

}  // namespace ckpt
