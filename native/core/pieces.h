#pragma once
// Cuts rows of bytes into pieces for threads and joins the rows' checksums again. A large row
// becomes several pieces, many small rows share one.

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "crc32c.h"
#include "job.h"
#include "parallel.h"

namespace ckpt {

// A block is copied and then summed while it is in the second-level cache.
inline constexpr uint64_t kBlockBytes = 256 << 10;
inline constexpr uint64_t kMaxPieceBytes = 8 << 20;
inline constexpr size_t kMaxPieceRows = 4096;

// Whole rows first..first+count, or with count 1 the bytes begin..begin+length of one row.
struct Piece {
  size_t first = 0;
  size_t count = 0;
  uint64_t begin = 0;
  uint64_t length = 0;
  uint32_t crc = 0;  // of the slice, when begin > 0
};

// `length(row)` gives the bytes of each of `rows` rows.
template <typename Length>
std::vector<Piece> CutPieces(size_t rows, int threads, const Length& length) {
  uint64_t total = 0;
  for (size_t row = 0; row < rows; ++row) total += length(row);
  // Four pieces a thread keep the threads equally busy; below a block the overhead would show.
  const uint64_t share = total / (4 * static_cast<uint64_t>(std::max(threads, 1)));
  const uint64_t target =
      std::clamp(share / kBlockBytes * kBlockBytes, kBlockBytes, kMaxPieceBytes);
  std::vector<Piece> pieces;
  for (size_t row = 0; row < rows; ++row) {
    const uint64_t size = length(row);
    // The last piece of a sliced row never has begin 0, so what has can take more rows.
    if (size <= target && !pieces.empty() && pieces.back().begin == 0 &&
        pieces.back().count < kMaxPieceRows && pieces.back().length + size <= target) {
      ++pieces.back().count;
      pieces.back().length += size;
      continue;
    }
    uint64_t begin = 0;
    do {
      pieces.push_back({row, 1, begin, std::min(target, size - begin), 0});
      begin += target;
    } while (begin < size);
  }
  return pieces;
}

// Calls visit(row, begin, length, &crc) for the part of each row in `piece`; it extends the crc by
// those bytes.
template <typename Length, typename Visit>
Status ForEachRow(Piece& piece, const Length& length, std::span<uint32_t> crcs,
                  const Visit& visit) {
  if (piece.count == 1) {
    uint32_t* crc = piece.begin == 0 ? &crcs[piece.first] : &piece.crc;
    return visit(piece.first, piece.begin, piece.length, crc);
  }
  for (size_t row = piece.first; row < piece.first + piece.count; ++row) {
    CKPT_TRY(visit(row, uint64_t{0}, length(row), &crcs[row]));
  }
  return Status::Ok();
}

// Runs `body` on each piece, then joins the checksums. `crcs` holds the rows' seeds before and
// their checksums afterwards.
template <typename Body>
Status RunPieces(std::vector<Piece>& pieces, int threads, std::span<uint32_t> crcs,
                 const Body& body) {
  CKPT_TRY(RunParallel(pieces.size(), threads, [&](size_t i) { return body(pieces[i]); }));
  for (const Piece& piece : pieces) {
    if (piece.begin == 0) continue;
    crcs[piece.first] = Crc32cCombine(crcs[piece.first], piece.crc, piece.length);
  }
  return Status::Ok();
}

}  // namespace ckpt
