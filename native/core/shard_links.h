#pragma once
// Gives shards of an earlier checkpoint a second name: what has not changed need not be written
// again, and each checkpoint has all its files under names of its own.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "file_identity.h"
#include "job.h"
#include "staging_dir.h"
#include "status.h"

namespace ckpt {

struct ShardLink {
  std::string path;
  FileIdentity expected;
  bool synced = false;  // its bytes are known to be on the device
};

struct LinkPlan {
  std::string directory;
  std::vector<ShardLink> links;
  bool durable = true;
};

struct LinkResult {
  // With the links as shard-0, shard-1 …: those that could be made, in order.
  std::unique_ptr<StagingDir> staging;
  // Of each link: 0, or why there is none. ESTALE: the name means another file, or a changed one.
  std::vector<int> errors;
};

// Makes the directory as WriteShards does. A link that cannot be made is no failure.
Result<LinkResult> LinkShards(const LinkPlan& plan, Job& job) noexcept;

}  // namespace ckpt
