#pragma once
// Shards of removed checkpoints, kept to be written over: their blocks are allocated, and nothing
// has to be freed, which can take a second for each gigabyte.
//
// A spare lives in a staging directory of its own, which goes with this object and, if the process
// dies, with the next save in the directory. A file becomes a spare by being renamed, so its name
// is gone before its first byte changes. It is used only if nobody else has it open or mapped and
// it has no other name: the kernel tells, of all processes (see Exclusive in
// spare_shards_linux.cc).

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "counters.h"
#include "fd.h"
#include "job.h"
#include "staging_dir.h"
#include "status.h"

namespace ckpt {

class SpareShards {
 public:
  // Makes nothing yet. `directory` is where the shards are and will be.
  explicit SpareShards(std::string directory) : directory_(std::move(directory)) {}

  SpareShards(const SpareShards&) = delete;
  SpareShards& operator=(const SpareShards&) = delete;

  // Takes files over. They have left their names when this returns, and with `durable` they also
  // have after a power loss: what named them must be gone by then. Files that are too small, too
  // many or cannot be moved are removed. Fails as RemoveFiles does.
  Status Add(std::span<const std::string> paths, bool durable, const Job& job) noexcept;

  // Moves a spare of about `size` bytes into a staging directory and opens it. Invalid if there is
  // none: the caller makes a new file.
  UniqueFd Take(uint64_t size, const StagingDir& staging, const char* name) noexcept;

  // Removes all there are.
  void Clear() noexcept;

  uint64_t bytes() noexcept;

 private:
  struct Spare {
    std::string name;
    uint64_t size = 0;
  };

  Status Keep(const std::string& path, bool* kept);
  bool HaveHome();
  void Drop() noexcept;

  const std::string directory_;
  std::mutex mutex_;
  std::unique_ptr<StagingDir> home_;  // null until there is a spare
  bool possible_ = true;              // as far as is known
  std::vector<Spare> spares_;
  uint64_t next_ = 0;
  Counted<Kind::kSpares> counted_;
};

}  // namespace ckpt
