#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "counters.h"
#include "fd.h"
#include "job.h"
#include "status.h"

namespace ckpt {

// A whole file mapped into memory. Immutable after Open; safe to share between threads.
//
// Always held by shared_ptr: every ArrayBuffer handed to JavaScript keeps one reference, so the
// pages stay valid until the last buffer is collected, whatever the order in which the checkpoint,
// its arrays and their worker threads go away.
class Mapping {
 public:
  // Private and writable: JavaScript has no read-only ArrayBuffer, so a store into a PROT_READ page
  // would kill the process. Stores land in private pages and never reach the file.
  // REQUIRES: nobody truncates the file while it is mapped (SIGBUS); published shards are only
  // ever replaced by rename.
  // `file`, unless null, takes the open file.
  static Result<std::shared_ptr<Mapping>> Open(const std::string& path, UniqueFd* file = nullptr);
  ~Mapping();

  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  // Makes bytes present, where the system has a call for it (Linux 5.14). One that cannot be had,
  // since the disk fails or the file was cut, is an error here; a touch would raise SIGBUS.
  Status Require(uint64_t offset, uint64_t length) const;

  // Empty for an empty file.
  std::span<std::byte> bytes() const noexcept { return bytes_; }
  const std::string& path() const noexcept { return path_; }

 private:
  Mapping(std::span<std::byte> bytes, std::string path) : bytes_(bytes), path_(std::move(path)) {}

  std::span<std::byte> bytes_;
  std::string path_;
  Counted<Kind::kMapping> counted_;
};

using Mappings = std::vector<std::shared_ptr<Mapping>>;

// Maps each file; one failure fails all. `files`, unless null, takes the first open files: not all
// of many, which would leave the program without descriptors.
Result<Mappings> OpenMappings(std::span<const std::string> paths, const Job& job,
                              std::vector<UniqueFd>* files = nullptr) noexcept;

}  // namespace ckpt
