#include "snapshot.h"

#include "aligned_buffer.h"
#include "copy_chunk.h"

namespace ckpt {
namespace {

class LiveReader final : public ChunkReader {
 public:
  LiveReader(const ShardLayout& layout, AlignedBuffer buffer)
      : layout_(layout), buffer_(std::move(buffer)) {}

  Result<Bytes> Read(const Chunk& chunk, std::byte* target, RowSums& sums, Job& job) override {
    std::byte* place = target != nullptr ? target : buffer_.data();
    const auto where_it_is = [](const RowPart& part) { return part.bytes; };
    CKPT_TRY(CopyChunk(layout_, chunk, place, sums, job, where_it_is));
    return Bytes{place, chunk.length};
  }

 private:
  const ShardLayout& layout_;
  const AlignedBuffer buffer_;
};

class LiveSnapshot final : public Snapshot {
 public:
  LiveSnapshot(ShardLayout layout, std::shared_ptr<Snapshot> whole)
      : Snapshot(std::move(layout)), whole_(std::move(whole)) {}

  Result<std::unique_ptr<ChunkReader>> NewReader() override {
    Result<AlignedBuffer> buffer = AlignedBuffer::Create(kChunkBytes);
    if (!buffer.ok()) return buffer.status();
    return std::unique_ptr<ChunkReader>(new LiveReader(layout_, std::move(buffer).value()));
  }

 private:
  const std::shared_ptr<Snapshot> whole_;  // null, or whose memory it is
};

}  // namespace

Snapshot::Snapshot(ShardLayout layout) : layout_(std::move(layout)) {
  for (const ShardRow& row : layout_.rows) byte_length_ += row.source.size();
}

Status Snapshot::SetHead(size_t row, Bytes head, uint32_t seed) {
  if (row >= layout_.rows.size() || head.size() != layout_.rows[row].head.size()) {
    return Status::Invalid("no head of that length to be replaced");
  }
  heads_.emplace_back(head.begin(), head.end());
  layout_.rows[row].head = heads_.back();
  layout_.seeds[row] = seed;
  return Status::Ok();
}

std::shared_ptr<Snapshot> SnapshotLive(ShardLayout layout) {
  return std::make_shared<LiveSnapshot>(std::move(layout), nullptr);
}

Result<std::shared_ptr<Snapshot>> Snapshot::Part(ShardLayout layout) {
  return std::shared_ptr<Snapshot>(new LiveSnapshot(std::move(layout), shared_from_this()));
}

Result<std::shared_ptr<Snapshot>> SnapshotPart(Snapshot& whole, std::span<const double> shard_sizes,
                                               std::span<const double> rows) {
  Result<ShardLayout> layout = ReadPartLayout(shard_sizes, rows, whole.layout(),
                                              [&](size_t row) { return whole.RowAt(row); });
  if (!layout.ok()) return layout.status();
  return whole.Part(std::move(layout).value());
}

void SumChunk(const ShardLayout& layout, const Chunk& chunk, Bytes bytes, RowSums& sums, Job& job) {
  uint64_t done = 0;
  ForEachPart(layout, chunk, [&](const RowPart& part) {
    done += part.bytes.size();
    if (!part.is_source) return;
    sums.Sum(chunk, part, [&](uint32_t* sum) {
      *sum = Crc32cExtend(*sum, bytes.subspan(part.at, part.bytes.size()));
    });
  });
  job.Add(done);
}

}  // namespace ckpt
