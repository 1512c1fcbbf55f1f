#include "shard_layout.h"

#include <string>

#include "extent.h"

namespace ckpt {
namespace {

constexpr size_t kColumns = 6;      // EXTENT_COLUMNS of lib/data-plane.ts
constexpr size_t kPartColumns = 3;  // PART_COLUMNS of the same

Status BadRow(size_t row, const char* what) {
  return Status::Invalid("extent " + std::to_string(row) + ": " + what);
}

// The bytes of a row of a plan.
Status ReadBytes(const ShardColumns& columns, size_t index, ShardRow* row, uint32_t* seed) {
  const std::span<const double> cells = columns.extents.subspan(index * kColumns, kColumns);
  Extent head;
  uint64_t source = 0;
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
  return Status::Ok();
}

Status ReadShards(std::span<const double> sizes, ShardLayout* layout) {
  layout->shards.resize(sizes.size());
  for (size_t i = 0; i < layout->shards.size(); ++i) {
    if (!ToUint64(sizes[i], &layout->shards[i].size)) {
      return Status::Invalid("shard " + std::to_string(i) + ": the size is no file size");
    }
  }
  return Status::Ok();
}

// Puts rows into the shards of a layout one after the other.
class Placing {
 public:
  explicit Placing(ShardLayout* layout) : layout_(*layout) {}

  // Row `index`, whose bytes are known, to where the cells say.
  Status Place(size_t index, double shard_cell, double offset_cell) {
    ShardRow& row = layout_.rows[index];
    uint64_t shard = 0;
    if (!ToUint64(shard_cell, &shard) || shard >= layout_.shards.size()) {
      return BadRow(index, "no such shard");
    }
    if (!ToUint64(offset_cell, &row.offset)) {
      return BadRow(index, "the offset is no file offset");
    }
    uint64_t length = 0;
    if (!CheckedAdd(row.head.size(), row.source.size(), &length) ||
        !Extent{row.offset, length}.FitsIn(layout_.shards[shard].size)) {
      return BadRow(index, "it ends behind the end of its shard");
    }
    if (shard != last_shard_) last_end_ = 0;
    // Overlap would leave a file that no checksum matches.
    if (shard < last_shard_ || row.offset < last_end_) {
      return BadRow(index, "it is out of order or overlaps the one before");
    }
    Shard& owner = layout_.shards[shard];
    if (owner.row_count++ == 0) owner.first_row = index;
    last_shard_ = shard;
    last_end_ = row.end();
    return Status::Ok();
  }

  // When all are: so that the shards' first rows never fall.
  void Finish() noexcept {
    size_t next = 0;
    for (Shard& shard : layout_.shards) {
      if (shard.row_count == 0) shard.first_row = next;
      next = shard.first_row + shard.row_count;
    }
  }

 private:
  ShardLayout& layout_;
  uint64_t last_shard_ = 0;
  uint64_t last_end_ = 0;
};

Status CheckWhole(std::span<const double> cells, size_t columns) {
  if (cells.size() % columns == 0) return Status::Ok();
  return Status::Invalid("extents have no whole last row");
}

}  // namespace

Result<ShardLayout> ReadLayout(const ShardColumns& columns) {
  ShardLayout layout;
  CKPT_TRY(ReadShards(columns.shard_sizes, &layout));
  CKPT_TRY(CheckWhole(columns.extents, kColumns));
  const size_t count = columns.extents.size() / kColumns;
  layout.rows.resize(count);
  layout.seeds.resize(count);
  Placing placing(&layout);
  for (size_t i = 0; i < count; ++i) {
    CKPT_TRY(ReadBytes(columns, i, &layout.rows[i], &layout.seeds[i]));
    CKPT_TRY(placing.Place(i, columns.extents[i * kColumns], columns.extents[i * kColumns + 1]));
  }
  placing.Finish();
  return layout;
}

Result<ShardLayout> ReadPartLayout(std::span<const double> shard_sizes,
                                   std::span<const double> rows, const ShardLayout& whole,
                                   const std::function<ShardRow(size_t)>& row_at) {
  ShardLayout layout;
  CKPT_TRY(ReadShards(shard_sizes, &layout));
  CKPT_TRY(CheckWhole(rows, kPartColumns));
  const size_t count = rows.size() / kPartColumns;
  layout.rows.resize(count);
  layout.seeds.resize(count);
  Placing placing(&layout);
  for (size_t i = 0; i < count; ++i) {
    const std::span<const double> cells = rows.subspan(i * kPartColumns, kPartColumns);
    uint64_t number = 0;
    if (!ToUint64(cells[2], &number) || number >= whole.rows.size()) {
      return BadRow(i, "no such row");
    }
    layout.rows[i] = row_at(number);
    layout.seeds[i] = whole.seeds[number];
    CKPT_TRY(placing.Place(i, cells[0], cells[1]));
  }
  placing.Finish();
  return layout;
}

}  // namespace ckpt
