#pragma once
// Publishes a staging directory: all of it or nothing.
//
// 1. write the index (and the state file) into the staging directory and, when durable, sync them;
// 2. keep a second link to the index (and state file) that is about to be replaced;
// 3. rename each shard to its final name, which must be free;
// 4. sync the final directory: an index must never be durable before its shards;
// 5. rename the index over its final name. THE COMMIT POINT: before it readers find the previous
//    checkpoint, after it the new one, and a crash leaves one of the two;
// 6. sync the directory;
// 7. rename the state file over its final name and sync its directory;
// 8. remove the staging directory, which gives up its lock.
//
// A failure undoes the steps in reverse, as far as it can, and is reported. A crash between 3 and 5
// leaves shards that no index names.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "job.h"
#include "shard_layout.h"
#include "staging_dir.h"
#include "status.h"

namespace ckpt {

// Memory behind the spans must stay until Commit returns.
struct CommitPlan {
  std::vector<std::string> shard_paths;
  // So many of the shards are in the staging directory; those after them are made here, of one
  // byte: the number of shards is part of their names, and another one makes names that are free.
  size_t written_shards = 0;
  std::string index_path;
  Bytes index;
  std::optional<std::string> state_path;
  Bytes state;
  bool durable = true;
};

// Uses up `staging` in either case. Stops for a cancelled job up to the commit point.
Status Commit(std::unique_ptr<StagingDir> staging, const CommitPlan& plan, Job& job) noexcept;

}  // namespace ckpt
