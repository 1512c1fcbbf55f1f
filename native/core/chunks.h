#pragma once
// Cuts shards into chunks of their files: what one thread fills, sums and writes at a time. Not at
// the arrays' borders: direct access to a disk wants whole sectors.

#include <algorithm>
#include <cstdint>
#include <mutex>
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

// The chunks of all shards in order, made when they are asked for: a plan may claim any size.
class Chunks {
 public:
  explicit Chunks(std::span<const Shard> shards) : shards_(shards) {
    for (const Shard& shard : shards) {
      firsts_.push_back(count_);
      count_ += Count(shard);
    }
  }

  // Of one shard; at least one.
  static size_t Count(const Shard& shard) {
    return std::max<size_t>((shard.size + kChunkBytes - 1) / kChunkBytes, 1);
  }

  size_t size() const noexcept { return count_; }

  Chunk operator[](size_t number) const {
    const auto next = std::upper_bound(firsts_.begin(), firsts_.end(), number);
    const auto shard = static_cast<size_t>(next - firsts_.begin()) - 1;
    const uint64_t begin = (number - firsts_[shard]) * kChunkBytes;
    return {number, shard, begin, std::min(kChunkBytes, shards_[shard].size - begin)};
  }

 private:
  std::span<const Shard> shards_;
  std::vector<size_t> firsts_;  // chunks of each shard
  size_t count_ = 0;
};

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
  explicit RowSums(std::vector<uint32_t> seeds) : sums_(std::move(seeds)) {}

  // Calls extend(&sum) with the sum that the part's bytes extend. A run that does not begin
  // with its row is summed by itself and joined in the end.
  template <typename Extend>
  void Sum(const Chunk& chunk, const RowPart& part, const Extend& extend) {
    if (part.begin == 0) return extend(&sums_[part.row]);
    Run run{chunk.number, part.row, part.bytes.size(), 0};
    extend(&run.sum);
    std::lock_guard lock(mutex_);
    runs_.push_back(run);
  }

  std::vector<uint32_t> Join() && {
    std::sort(runs_.begin(), runs_.end(),
              [](const Run& a, const Run& b) { return a.chunk < b.chunk; });
    for (const Run& run : runs_) {
      sums_[run.row] = Crc32cCombine(sums_[run.row], run.sum, run.length);
    }
    return std::move(sums_);
  }

 private:
  struct Run {
    size_t chunk;
    size_t row;
    uint64_t length;
    uint32_t sum;
  };
  std::vector<uint32_t> sums_;
  std::mutex mutex_;
  std::vector<Run> runs_;
};

}  // namespace ckpt
