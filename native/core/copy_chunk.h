#pragma once
// Puts a chunk together from the arrays in memory.

#include <cstring>

#include "chunks.h"
#include "job.h"
#include "status.h"

namespace ckpt {

// Copies part by part, and sums the bytes as they were copied: an array that changes meanwhile
// still has the checksum of what is written. `find(part)` gives the bytes of a part. Writes whole
// sectors.
template <typename Find>
Status CopyChunk(const ShardLayout& layout, const Chunk& chunk, std::byte* target, RowSums& sums,
                 Job& job, const Find& find) {
  CKPT_TRY(job.Check());
  uint64_t end = 0;
  uint64_t done = 0;
  ForEachPart(layout, chunk, [&](const RowPart& part) {
    std::memset(target + end, 0, part.at - end);
    const Bytes bytes = find(part);
    std::byte* const place = target + part.at;
    if (part.is_source) {
      sums.Sum(chunk, part, [&](uint32_t* sum) { *sum = Crc32cCopy(*sum, place, bytes); });
    } else {
      std::memcpy(place, bytes.data(), bytes.size());
    }
    end = part.at + bytes.size();
    done += bytes.size();
  });
  // A mapped file is whole pages, too.
  std::memset(target + end, 0, RoundUpToSector(chunk.length) - end);
  job.Add(done);
  return Status::Ok();
}

}  // namespace ckpt
