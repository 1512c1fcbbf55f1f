#pragma once
// What goes where in the shards of a save: packed columns, checked and unpacked.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "status.h"

namespace ckpt {

using Bytes = std::span<const std::byte>;

// A plan as TypeScript packs it. The spans refer to memory of the caller.
struct ShardColumns {
  std::span<const double> shard_sizes;
  // Six numbers a row, EXTENT_COLUMNS of lib/data-plane.ts.
  std::span<const double> extents;
  Bytes heads;
  std::span<const Bytes> sources;
};

// One row: `head` goes to `offset` of the shard, `source` directly behind it.
struct ShardRow {
  uint64_t offset = 0;
  Bytes head;
  Bytes source;

  uint64_t end() const noexcept { return offset + head.size() + source.size(); }
};

struct Shard {
  uint64_t size = 0;
  size_t first_row = 0;  // never less than that of the shard before
  size_t row_count = 0;
};

struct ShardLayout {
  std::vector<Shard> shards;
  std::vector<ShardRow> rows;   // those of a shard are neighbours, in order, without overlap
  std::vector<uint32_t> seeds;  // one a row
};

// kInvalid, naming the row, when anything lies outside of what it should be in.
Result<ShardLayout> ReadLayout(const ShardColumns& columns);

// Three numbers a row: shard, offset, and the number of a row of `whole`, whose bytes `row_at`
// gives.
Result<ShardLayout> ReadPartLayout(std::span<const double> shard_sizes,
                                   std::span<const double> rows, const ShardLayout& whole,
                                   const std::function<ShardRow(size_t)>& row_at);

}  // namespace ckpt
