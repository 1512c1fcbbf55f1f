#pragma once
// Writes the shards of a save into a staging directory:
//
// 1. make the final directory, remove leftovers of dead saves, make and lock a staging directory,
//    unless there is one with shards of an earlier checkpoint;
// 2. per shard, make a file, or take a spare one, and allocate all its blocks, so that a full disk
// is
//    an error here;
// 3. chunk by chunk, in the order of the files and on several threads: have the snapshot bring the
//    bytes, sum them, write them;
// 4. when durable, sync each file when its last chunk is written.
//
// The snapshot may still be filling while this runs.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "file_identity.h"
#include "job.h"
#include "shard_file.h"
#include "snapshot.h"
#include "spare_shards.h"
#include "staging_dir.h"
#include "status.h"

namespace ckpt {

struct ShardPlan {
  std::string directory;
  std::shared_ptr<Snapshot> snapshot;
  int threads = 1;
  bool durable = true;
  WriteMethod method = WriteMethod::kAuto;
  double max_bytes_per_second = 0;      // 0: no bound
  std::shared_ptr<SpareShards> spares;  // or null
  size_t first_shard = 0;               // number of the first one, behind those that are there
};

struct ShardResult {
  std::unique_ptr<StagingDir> staging;
  std::vector<uint32_t> crcs;  // of each row's source, continuing its seed
  std::vector<FileIdentity> files;
};

// `staging` is null, or what LinkShards made; it is used up in either case.
Result<ShardResult> WriteShards(const ShardPlan& plan, std::unique_ptr<StagingDir> staging,
                                Job& job) noexcept;

}  // namespace ckpt
