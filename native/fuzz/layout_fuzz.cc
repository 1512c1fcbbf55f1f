// Plans of any numbers are refused, or what is made of them stays inside its shards: chunks cover
// them, parts cover the rows, and sums of chunks in any order are those of the rows.
#include <memory>

#include "core/chunks.h"
#include "core/copy_chunk.h"
#include "core/pieces.h"
#include "core/ranges.h"
#include "input.h"

namespace ckpt {
namespace {

constexpr uint64_t kMost = 6 << 20;

struct Plan {
  std::vector<double> sizes;
  std::vector<double> extents;
  std::span<const std::byte> heads;
  std::vector<std::vector<std::byte>> memory;
  std::vector<Bytes> sources;

  explicit Plan(Input& input) {
    heads = input.Bytes(input.Below(40));
    memory.resize(input.Below(5));
    for (auto& bytes : memory) {
      // The second half of a wide range: rows that lie in two chunks.
      bytes.assign(input.Below(input.Below(7) == 0 ? 5 << 20 : 300),
                   std::byte{input.Take<uint8_t>()});
    }
    for (const auto& bytes : memory) sources.emplace_back(bytes);
    const size_t shards = input.Below(3);
    for (size_t i = 0; i < shards; ++i) sizes.push_back(input.Cell() * (input.Below(1) ? 1 : 1e5));
    // Rows that fit most of the time: a plan of random cells is refused at its first row.
    double end = 0;
    while (!input.empty() && extents.size() < 6 * 100) {
      if (input.Below(7) == 0) {
        for (int cell = 0; cell < 6; ++cell) extents.push_back(input.Cell());
        continue;
      }
      const double source = double(input.Below(memory.size())) - 1;
      const double head = double(input.Below(heads.size()));
      const double length = source < 0 ? 0 : double(memory[size_t(source)].size());
      // Some overlap the row before a little, and have to be refused.
      const double back = input.Below(31) == 0 ? std::min(end, 3.0) : 0;
      const double offset = end + double(input.Below(9)) - back;
      extents.insert(extents.end(), {double(input.Below(1) ? 0 : shards / 2), offset, 0, head,
                                     source, double(input.Take<uint32_t>())});
      end = offset + head + length;
      if (input.empty() && !sizes.empty()) sizes.back() = end + double(input.Below(9));
    }
    if (extents.size() % 6 == 0 && !sizes.empty()) sizes[0] = std::max(sizes[0], end);
  }
};

void CheckChunks(const ShardLayout& layout) {
  const Chunks chunks(layout.shards);
  uint64_t total = 0;
  for (const Shard& shard : layout.shards) total += std::min(shard.size, kMost + 1);
  if (chunks.size() == 0 || total > kMost) return;
  std::vector<uint64_t> seen(layout.rows.size());
  RowSums sums(layout.seeds);
  Job job;
  std::vector<uint64_t> ends(layout.shards.size());
  for (size_t i = 0; i < chunks.size(); ++i) {
    const Chunk chunk = chunks[i];
    CKPT_EXPECT(chunk.number == i && chunk.begin == ends[chunk.shard]);
    ends[chunk.shard] += chunk.length;
    // Exactly as long as it may be: a byte too many is a failure.
    const std::unique_ptr<std::byte[]> target(new std::byte[RoundUpToSector(chunk.length)]);
    const auto find = [&](const RowPart& part) {
      seen[part.row] += part.bytes.size();
      return part.bytes;
    };
    CKPT_EXPECT(CopyChunk(layout, chunk, target.get(), sums, job, find).ok());
  }
  for (size_t i = 0; i < ends.size(); ++i) CKPT_EXPECT(ends[i] == layout.shards[i].size);
  const std::vector<uint32_t> joined = std::move(sums).Join();
  for (size_t i = 0; i < layout.rows.size(); ++i) {
    const ShardRow& row = layout.rows[i];
    CKPT_EXPECT(seen[i] == row.head.size() + row.source.size());
    CKPT_EXPECT(joined[i] == Crc32cExtend(layout.seeds[i], row.source));
  }
}

// Each byte of each row is in one piece, in order.
void CheckPieces(Input& input) {
  std::vector<uint64_t> lengths(input.Below(20));
  for (uint64_t& length : lengths) length = input.Take<uint32_t>() >> (input.Take<uint8_t>() % 32);
  const auto length = [&](size_t row) { return lengths[row]; };
  std::vector<uint64_t> seen(lengths.size());
  std::vector<uint32_t> crcs(lengths.size());
  for (Piece& piece : CutPieces(lengths.size(), int(input.Below(20)) - 1, length)) {
    CKPT_EXPECT(piece.length <= kMaxPieceBytes && piece.count <= kMaxPieceRows);
    const auto visit = [&](size_t row, uint64_t begin, uint64_t part, uint32_t*) {
      CKPT_EXPECT(row < seen.size() && begin == seen[row]);
      seen[row] += part;
      return Status::Ok();
    };
    CKPT_EXPECT(ForEachRow(piece, length, crcs, visit).ok());
  }
  CKPT_EXPECT(seen == lengths);
}

void CheckRanges(Input& input) {
  std::vector<double> cells(input.Below(24));
  for (double& cell : cells) cell = input.Cell();
  const size_t files = input.Below(4);
  const uint64_t size = input.Take<uint64_t>() >> (input.Take<uint8_t>() % 64);
  Result<Ranges> ranges = ReadRanges(cells, files);
  if (!ranges.ok()) return;
  CKPT_EXPECT(cells.size() % 4 == 0 && ranges.value().rows.size() == cells.size() / 4);
  for (const auto& [file, extent] : ranges.value().rows) {
    CKPT_EXPECT(file < files && extent.offset <= kMaxSafeInteger);
    uint64_t end = 0;
    const bool fits = CheckedAdd(extent.offset, extent.length, &end) && end <= size;
    CKPT_EXPECT(extent.FitsIn(size) == fits);
  }
}

}  // namespace
}  // namespace ckpt

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ckpt;
  Input input(data, size);
  CheckRanges(input);
  CheckPieces(input);
  Plan plan(input);
  const ShardColumns columns{plan.sizes, plan.extents, plan.heads, plan.sources};
  Result<ShardLayout> layout = ReadLayout(columns);
  if (layout.ok()) CheckChunks(layout.value());
  return 0;
}
