#pragma once
// Reads ranges of published shards on several threads: to check them where they are mapped, or to
// load them into memory of their own with the checksum fused.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "job.h"
#include "mapping.h"
#include "status.h"

namespace ckpt {

// CRC-32C of each range, continuing its seed. `ranges` has four numbers a row, see ranges.h.
Result<std::vector<uint32_t>> ChecksumRanges(const Mappings& mappings,
                                             std::span<const double> ranges, int threads,
                                             Job& job) noexcept;

// Reads range i into targets[i], which has exactly its length, and returns the checksums. A file
// that ends before a range does is kCorrupt; targets are then partly filled.
Result<std::vector<uint32_t>> LoadRanges(std::span<const std::string> paths,
                                         std::span<const double> ranges,
                                         std::span<const std::span<std::byte>> targets, int threads,
                                         Job& job) noexcept;

}  // namespace ckpt
