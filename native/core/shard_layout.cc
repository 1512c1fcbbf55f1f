#include "shard_layout.h"

#include <string>

#include "extent.h"

namespace ckpt {
namespace {

constexpr size_t kColumns = 6;  // EXTENT_COLUMNS of lib/native.ts

Status BadRow(size_t row, const char* what) {
  return Status::Invalid("extent " + std::to_string(row) + ": " + what);
}

Status ReadRow(const ShardColumns& columns, size_t index, const ShardLayout& layout,
               uint64_t* shard, ShardRow* row, uint32_t* seed) {
  const std::span<const double> cells = columns.extents.subspan(index * kColumns, kColumns);
  Extent head;
  uint64_t source = 0;
  if (!ToUint64(cells[0], shard) || *shard >= layout.shards.size()) {
    return BadRow(index, "no such shard");
  }
  if (!ToUint64(cells[1], &row->offset)) return BadRow(index, "the offset is no file offset");
  if (!ToUint64(cells[2], &head.offset) || !ToUint64(cells[3], &head.length) ||
      !head.FitsIn(columns.heads.size())) {
    return BadRow(index, "the head lies outside the heads");
  }
  row->head = columns.heads.subspan(head.offset, head.length);
  if (cells[4] != -1) {
    if (!ToUint64(cells[4], &source) || source >= columns.sources.size()) {
      return BadRow(index, "no such source");
    }
    row->source = columns.sources[source];
  }
  if (!ToUint32(cells[5], seed)) return BadRow(index, "the seed is no 32-bit number");
  uint64_t length = 0;
  if (!CheckedAdd(row->head.size(), row->source.size(), &length) ||
      !Extent{row->offset, length}.FitsIn(layout.shards[*shard].size)) {
    return BadRow(index, "it ends behind the end of its shard");
  }
  return Status::Ok();
}

Status ReadShards(const ShardColumns& columns, ShardLayout* layout) {
  layout->shards.resize(columns.shard_sizes.size());
  for (size_t i = 0; i < layout->shards.size(); ++i) {
    uint64_t& size = layout->shards[i].size;
    if (!ToUint64(columns.shard_sizes[i], &size)) {
      return Status::Invalid("shard " + std::to_string(i) + ": the size is no file size");
    }
  }
  return Status::Ok();
}

}  // namespace

Result<ShardLayout> ReadLayout(const ShardColumns& columns) {
  ShardLayout layout;
  CKPT_TRY(ReadShards(columns, &layout));
  if (columns.extents.size() % kColumns != 0)
    return Status::Invalid("extents have no whole last row");
  const size_t count = columns.extents.size() / kColumns;
  layout.rows.resize(count);
  layout.seeds.resize(count);
  uint64_t last_shard = 0;
  uint64_t last_end = 0;
  for (size_t i = 0; i < count; ++i) {
    uint64_t shard = 0;
    ShardRow& row = layout.rows[i];
    CKPT_TRY(ReadRow(columns, i, layout, &shard, &row, &layout.seeds[i]));
    if (shard != last_shard) last_end = 0;
    // Overlap would leave a file that no checksum matches.
    if (shard < last_shard || row.offset < last_end) {
      return BadRow(i, "it is out of order or overlaps the one before");
    }
    Shard& owner = layout.shards[shard];
    if (owner.row_count++ == 0) owner.first_row = i;
    last_shard = shard;
    last_end = row.end();
  }
  return layout;
}

}  // namespace ckpt
