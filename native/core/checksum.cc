#include <sys/mman.h>

#include "pieces.h"
#include "range_reader.h"
#include "ranges.h"

namespace ckpt {
namespace {

// Makes the pages of a piece present with one call instead of a fault for every few of them.
void PopulateRead([[maybe_unused]] std::span<std::byte> bytes) noexcept {
#if defined(__linux__)
  constexpr int kPopulateRead = 22;  // MADV_POPULATE_READ; Linux 5.14, not in every libc's headers
  constexpr uintptr_t kPage = 4096;  // other page sizes: refused, and nothing is lost
  const uintptr_t start = reinterpret_cast<uintptr_t>(bytes.data()) & ~(kPage - 1);
  const uintptr_t end = reinterpret_cast<uintptr_t>(bytes.data()) + bytes.size();
  ::madvise(reinterpret_cast<void*>(start), end - start, kPopulateRead);
#endif
}

Status SumPart(std::span<std::byte> bytes, uint32_t* crc, Job& job) {
  if (bytes.size() >= kBlockBytes) PopulateRead(bytes);
  while (!bytes.empty()) {
    CKPT_TRY(job.Check());
    const std::span<std::byte> block = bytes.first(std::min<size_t>(bytes.size(), kBlockBytes));
    *crc = Crc32cExtend(*crc, block);
    job.Add(block.size());
    bytes = bytes.subspan(block.size());
  }
  return Status::Ok();
}

}  // namespace

Result<std::vector<uint32_t>> ChecksumRanges(const Mappings& mappings,
                                             std::span<const double> cells, int threads,
                                             Job& job) noexcept {
  return NoThrow([&]() -> Result<std::vector<uint32_t>> {
    Result<Ranges> read = ReadRanges(cells, mappings.size());
    if (!read.ok()) return read.status();
    const std::vector<Range>& rows = read.value().rows;
    std::vector<uint32_t> crcs = std::move(read.value().seeds);
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].extent.FitsIn(mappings[rows[i].file]->bytes().size())) continue;
      return Status::Invalid("range " + std::to_string(i) + ": it lies outside of its file");
    }
    const auto length = [&](size_t row) { return rows[row].extent.length; };
    std::vector<Piece> pieces = CutPieces(rows.size(), threads, length);
    CKPT_TRY(RunPieces(pieces, threads, crcs, [&](Piece& piece) {
      return ForEachRow(piece, length, crcs,
                        [&](size_t row, uint64_t begin, uint64_t part, uint32_t* crc) {
                          const std::span<std::byte> all = mappings[rows[row].file]->bytes();
                          const uint64_t offset = rows[row].extent.offset + begin;
                          return SumPart(all.subspan(offset, part), crc, job);
                        });
    }));
    return crcs;
  });
}

}  // namespace ckpt
