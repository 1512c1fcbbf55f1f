#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "counters.h"
#include "fd.h"
#include "status.h"

namespace ckpt {

// Of a shard in the directory in which it is assembled.
inline std::string ShardName(size_t index) { return "shard-" + std::to_string(index); }

// A private directory beside the final files, in which a save is assembled, so that every step
// before the renames of commit.h can fail without a trace.
//
// Its name is .ndcheckpoint-<16 hex digits>. The owner holds a lock on it (flock), which the kernel
// drops when the process ends in whatever way: a directory of that name whose lock can be had is
// the leftover of a dead process.
//
// One thread at a time. The destructor removes the directory with its files.
class StagingDir {
 public:
  static Result<std::unique_ptr<StagingDir>> Create(const std::string& directory);

  // Removes the leftovers of dead processes in `directory`. Ignores failures; never follows links.
  static void RemoveDead(const std::string& directory) noexcept;

  ~StagingDir() { Remove(); }
  StagingDir(const StagingDir&) = delete;
  StagingDir& operator=(const StagingDir&) = delete;

  int fd() const noexcept { return fd_.get(); }
  const std::string& path() const noexcept { return path_; }
  std::string PathOf(const std::string& name) const { return path_ + '/' + name; }

  // Writes a new file, and syncs it when `durable`.
  Status WriteFile(const char* name, std::span<const std::byte> bytes, bool durable) const;

  // Removes the directory and what is in it, then gives up the lock. Idempotent.
  void Remove() noexcept;

 private:
  StagingDir(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  UniqueFd fd_;
  Counted<Kind::kStaging> counted_;
};

}  // namespace ckpt
