#pragma once
// Cuts shards into chunks of their files: what one thread fills, sums and writes at a time. Not at
// the arrays' borders: direct access to a disk wants whole sectors.

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "crc32c.h"
#include "shard_layout.h"

namespace ckpt {

inline constexpr uint64_t kChunkBytes = 4 << 20;
// What direct access needs of offsets, lengths and memory, on every device there is.
inline constexpr uint64_t kSectorBytes = 4096;

constexpr uint64_t RoundUpToSector(uint64_t size) {
  return (size + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
}

// Bytes begin..begin+length of a shard. Only a shard without bytes has a chunk without any.
struct Chunk {
  size_t number = 0;  // among all chunks of a save
  size_t shard = 0;
  uint64_t begin = 0;
  uint64_t length = 0;
};

inline std::vector<Chunk> CutChunks(std::span<const Shard> shards) {
  std::vector<Chunk> chunks;
  for (size_t shard = 0; shard < shards.size(); ++shard) {
    uint64_t begin = 0;
    do {
      const uint64_t length = std::min(kChunkBytes, shards[shard].size - begin);
      chunks.push_back({chunks.size(), shard, begin, length});
      begin += kChunkBytes;
    } while (begin < shards[shard].size);
  }
  return chunks;
}

// What a chunk holds of a row: a head, or a run of its source.
struct RowPart {
  size_t row = 0;
  uint64_t at = 0;  // from the chunk's begin
  Bytes bytes;      // as the layout has them
  bool is_source = false;
  uint64_t begin = 0;  // of the source's bytes
};

// Calls visit(part) for all of a chunk's parts in order. What lies between them is zero.
template <typename Visit>
void ForEachPart(const ShardLayout& layout, const Chunk& chunk, const Visit& visit) {
  const Shard& shard = layout.shards[chunk.shard];
  const std::span<const ShardRow> rows{layout.rows.data() + shard.first_row, shard.row_count};
  const uint64_t end = chunk.begin + chunk.length;
  const auto clip = [&](uint64_t offset, Bytes bytes, RowPart part) {
    const uint64_t first = std::max(offset, chunk.begin);
    const uint64_t last = std::min(offset + bytes.size(), end);
    if (first >= last) return;
    part.at = first - chunk.begin;
    part.begin = first - offset;
    part.bytes = bytes.subspan(part.begin, last - first);
    visit(part);
  };
  // The first row that ends behind the chunk's begin: those before it have nothing here.
  const auto ends_before = [&](const ShardRow& row, uint64_t begin) { return row.end() <= begin; };
  auto row = std::lower_bound(rows.begin(), rows.end(), chunk.begin, ends_before);
  for (; row != rows.end() && row->offset < end; ++row) {
    const size_t index = shard.first_row + static_cast<size_t>(row - rows.begin());
    clip(row->offset, row->head, RowPart{index, 0, {}, false, 0});
    clip(row->offset + row->head.size(), row->source, RowPart{index, 0, {}, true, 0});
  }
}

// Checksums of rows that several threads sum up: each chunk by one thread. Only the first part of a
// chunk can belong to a row that begins before it.
class RowSums {
 public:
  // `seeds` holds what each row's source continues.
  RowSums(std::vector<uint32_t> seeds, size_t chunks) : sums_(std::move(seeds)), carried_(chunks) {}

  // The checksum that this part's bytes extend; to be asked for once. A run that does not begin
  // with its row is summed by itself and joined in the end.
  uint32_t* Of(const Chunk& chunk, const RowPart& part) noexcept {
    if (part.begin == 0) return &sums_[part.row];
    Carried& carried = carried_[chunk.number];
    carried = {part.row, part.bytes.size(), 0};
    return &carried.sum;
  }

  std::vector<uint32_t> Join() && {
    for (const Carried& run : carried_) {
      if (run.length > 0) sums_[run.row] = Crc32cCombine(sums_[run.row], run.sum, run.length);
    }
    return std::move(sums_);
  }

 private:
  struct Carried {
    size_t row = 0;
    uint64_t length = 0;
    uint32_t sum = 0;
  };
  std::vector<uint32_t> sums_;
  std::vector<Carried> carried_;
};

}  // namespace ckpt
