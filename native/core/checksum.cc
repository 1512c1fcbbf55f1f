#include <algorithm>

#include "failpoint.h"
#include "pieces.h"
#include "range_reader.h"
#include "ranges.h"

namespace ckpt {
namespace {

// Near bytes that are made present with one call: as much as a fault brings in anyway.
constexpr uint64_t kWindowBytes = 64 << 10;

// Makes bytes present before they are summed: with one call instead of a fault for every few pages,
// and so that one that cannot be read is an error.
class Presence {
 public:
  Status Require(const Mapping& mapping, uint64_t offset, uint64_t length) {
    if (&mapping == mapping_ && offset >= begin_ && offset + length <= end_) return Status::Ok();
    const uint64_t wide = std::min(mapping.bytes().size() - offset, std::max(length, kWindowBytes));
    // What lies behind the range may be unreadable and nobody's concern.
    const bool all = mapping.Require(offset, wide).ok();
    if (!all) CKPT_TRY(mapping.Require(offset, length));
    mapping_ = &mapping;
    begin_ = offset;
    end_ = offset + (all ? wide : length);
    return Status::Ok();
  }

 private:
  const Mapping* mapping_ = nullptr;
  uint64_t begin_ = 0;
  uint64_t end_ = 0;
};

Status SumPart(std::span<std::byte> bytes, uint32_t* crc, Job& job) {
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
    CKPT_TRY(RunPieces(pieces, threads, crcs, [&](Piece& piece) -> Status {
      CKPT_TRY(Failpoint("before-checksum"));
      Presence presence;
      return ForEachRow(piece, length, crcs,
                        [&](size_t row, uint64_t begin, uint64_t part, uint32_t* crc) -> Status {
                          const Mapping& mapping = *mappings[rows[row].file];
                          const uint64_t offset = rows[row].extent.offset + begin;
                          CKPT_TRY(presence.Require(mapping, offset, part));
                          return SumPart(mapping.bytes().subspan(offset, part), crc, job);
                        });
    }));
    return crcs;
  });
}

}  // namespace ckpt
