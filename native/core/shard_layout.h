#pragma once
// A shard plan's packed columns, checked and unpacked.

#include <cstdint>
#include <span>
#include <vector>

#include "shard_writer.h"
#include "status.h"

namespace ckpt {

// One row: `head` goes to `offset` of the shard, `source` directly behind it.
struct ShardRow {
  uint64_t offset = 0;
  Bytes head;
  Bytes source;
};

struct Shard {
  uint64_t size = 0;
  size_t first_row = 0;
  size_t row_count = 0;
};

struct ShardLayout {
  std::vector<Shard> shards;
  std::vector<ShardRow> rows;   // those of a shard are neighbours, in order, without overlap
  std::vector<uint32_t> seeds;  // one a row
};

// kInvalid, naming the row, when anything lies outside of what it should be in.
Result<ShardLayout> ReadLayout(const ShardPlan& plan);

}  // namespace ckpt
