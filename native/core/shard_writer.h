#pragma once
// Writes the shards of a save into a staging directory:
//
// 1. make the final directory, remove leftovers of dead saves, make and lock a staging directory;
// 2. per shard, create a file and allocate all its blocks, so that a full disk is an error here
//    and not SIGBUS in a store;
// 3. map it shared and copy heads and sources in, in blocks, summing each block where it landed: a
//    source that changes meanwhile then still has the checksum of what the file holds;
// 4. unmap and, when durable, sync.
//
// A file system that cannot allocate gets the same bytes by pwrite, through a small buffer.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "job.h"
#include "snapshot.h"
#include "staging_dir.h"
#include "status.h"

namespace ckpt {

// Memory behind the spans must stay until WriteShards returns.
struct ShardPlan {
  std::string directory;
  std::span<const double> shard_sizes;
  // Six numbers a row, EXTENT_COLUMNS of lib/native.ts; checked by WriteShards.
  std::span<const double> extents;
  Bytes heads;
  std::span<const Bytes> sources;
  int threads = 1;
  bool durable = true;
  bool use_mapping = true;  // false: as if the file system could not allocate
};

struct ShardResult {
  std::unique_ptr<StagingDir> staging;
  std::vector<uint32_t> crcs;  // of each row's source, continuing its seed
};

Result<ShardResult> WriteShards(const ShardPlan& plan, Job& job) noexcept;

}  // namespace ckpt
