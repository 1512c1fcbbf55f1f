#pragma once
// Reads ranges of published shards on several threads: to check them where they are mapped, or to
// load them into memory of their own with the checksum fused.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "job.h"
#include "loaded_memory.h"
#include "mapping.h"
#include "status.h"

namespace ckpt {

// CRC-32C of each range, continuing its seed. `ranges` has four numbers a row, see ranges.h.
Result<std::vector<uint32_t>> ChecksumRanges(const Mappings& mappings,
                                             std::span<const double> ranges, int threads,
                                             Job& job) noexcept;

struct Loaded {
  std::shared_ptr<LoadedMemory> memory;  // a row for each range
  std::vector<uint32_t> crcs;
};

// Reads each range into memory of its own, with the checksum fused. A file that ends before a range
// does is kCorrupt.
Result<Loaded> LoadRanges(std::span<const std::string> paths, std::span<const double> ranges,
                          int threads, Job& job) noexcept;

}  // namespace ckpt
