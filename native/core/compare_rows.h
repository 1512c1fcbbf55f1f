#pragma once
// Which arrays of a save are byte for byte what an earlier one has of them: in memory that is kept
// of it, or in its shards.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "file_identity.h"
#include "job.h"
#include "snapshot.h"
#include "status.h"

namespace ckpt {

struct ComparePlan {
  std::shared_ptr<Snapshot> snapshot;  // filled
  std::shared_ptr<Snapshot> last;      // null, or the earlier one's image
  std::vector<std::string> paths;      // of shards
  // Three numbers a row, COMPARE_COLUMNS of lib/data-plane.ts: a row of the snapshot; a number
  // among the paths, or -1 for `last`; an offset there, or a row.
  std::span<const double> rows;
  int threads = 1;
};

struct Comparison {
  std::vector<uint8_t> same;        // of each row of the snapshot
  std::vector<uint32_t> crcs;       // of those that are the same, as ShardResult's
  std::vector<FileIdentity> files;  // as they were read; zeros for one that could not be
};

// A shard that cannot be read holds nothing that is the same; that is no failure.
Result<Comparison> CompareRows(const ComparePlan& plan, Job& job) noexcept;

}  // namespace ckpt
