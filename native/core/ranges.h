#pragma once
// Rows of [file, offset, length, seed] in JavaScript's packed columns (RANGE_COLUMNS of
// lib/native.ts), checked and unpacked.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "extent.h"
#include "status.h"

namespace ckpt {

struct Range {
  size_t file = 0;
  Extent extent;
};

struct Ranges {
  std::vector<Range> rows;
  std::vector<uint32_t> seeds;
};

inline Result<Ranges> ReadRanges(std::span<const double> cells, size_t files) {
  constexpr size_t kColumns = 4;
  if (cells.size() % kColumns != 0) return Status::Invalid("ranges have no whole last row");
  Ranges ranges;
  ranges.rows.resize(cells.size() / kColumns);
  ranges.seeds.resize(ranges.rows.size());
  for (size_t i = 0; i < ranges.rows.size(); ++i, cells = cells.subspan(kColumns)) {
    Range& row = ranges.rows[i];
    uint64_t file = 0;
    const bool valid =
        ToUint64(cells[0], &file) && file < files && ToUint64(cells[1], &row.extent.offset) &&
        ToUint64(cells[2], &row.extent.length) && ToUint32(cells[3], &ranges.seeds[i]);
    if (!valid) {
      return Status::Invalid("range " + std::to_string(i) + ": no such file, or no file offset");
    }
    row.file = static_cast<size_t>(file);
  }
  return ranges;
}

}  // namespace ckpt
