#pragma once
// The arrays of one save as they were at one moment, laid out as the shards that are to be written.

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "chunks.h"
#include "counters.h"
#include "job.h"
#include "parallel.h"
#include "shard_layout.h"
#include "status.h"

namespace ckpt {

// Brings the bytes of chunks. One thread at a time; each thread has its own.
class ChunkReader {
 public:
  virtual ~ChunkReader() = default;
  // Gives the chunk's bytes, with zeros between the arrays and up to the next sector behind them,
  // and extends the sums of its rows. The bytes are at `target` if that is not null, else in memory
  // that begins at a sector and is valid until the next call.
  virtual Result<Bytes> Read(const Chunk& chunk, std::byte* target, RowSums& sums, Job& job) = 0;
};

// Shared between the JavaScript object and the operations that use it.
class Snapshot : public std::enable_shared_from_this<Snapshot> {
 public:
  virtual ~Snapshot() = default;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  const ShardLayout& layout() const noexcept { return layout_; }
  // Of all sources.
  size_t byte_length() const noexcept { return byte_length_; }

  virtual Result<std::unique_ptr<ChunkReader>> NewReader() = 0;
  // How many readers there can be.
  virtual int max_readers() const noexcept { return kMaxThreads; }

  // Copies what is to be copied, on this thread; returns when the arrays may be changed. Readers
  // that have begun follow. Called once, by the thread that made the snapshot.
  virtual void Fill() noexcept {}

  // Replaces a row's head by another of the same length, and what its source's sum continues.
  // Before anything is read.
  virtual Status SetHead(size_t row, Bytes head, uint32_t seed);

  // A row with its bytes where they are now; the program's arrays may have been changed since. Only
  // for what this process can read.
  virtual ShardRow RowAt(size_t row) const { return layout_.rows[row]; }

  // A snapshot of some of the rows, laid out anew. `layout` has their bytes as RowAt gives them.
  virtual Result<std::shared_ptr<Snapshot>> Part(ShardLayout layout);

  // All that will ever be read has been: gives up what only further reading needs.
  virtual void Finish() noexcept {}

 protected:
  explicit Snapshot(ShardLayout layout);

  ShardLayout layout_;

 private:
  std::deque<std::vector<std::byte>> heads_;  // that were replaced
  size_t byte_length_ = 0;
  Counted<Kind::kSnapshot> counted_;
};

// Refers to the arrays where they are. Whoever holds it keeps them alive.
std::shared_ptr<Snapshot> SnapshotLive(ShardLayout layout);

// Copies them into an image of the shards, by Fill(). The heads and sources must stay until then.
Result<std::shared_ptr<Snapshot>> SnapshotImage(ShardLayout layout) noexcept;

// An image in the memory of an earlier one of the same layout: what has not changed is there
// already.
class RefilledImage {
 public:
  virtual ~RefilledImage() = default;
  // Share of the bytes in arrays that surely differ from the last image, by samples: 0..1. Before
  // it is filled.
  virtual double Changed() const noexcept = 0;
  // Instead of Fill: copies only what differs. Sets same[row] to 1 for each row all of whose bytes
  // were there already, else to 0.
  virtual void Refill(std::span<uint8_t> same) noexcept = 0;
};
// Uses up both; null, and neither, if the layouts differ or somebody else still uses `last`.
std::shared_ptr<Snapshot> SnapshotRefilled(ShardLayout& layout, std::shared_ptr<Snapshot>& last,
                                           RefilledImage** refilled);

// A part of `whole`, which was filled. `rows` has three numbers a row: shard, offset, number of the
// row in `whole`. kInvalid as ReadLayout.
Result<std::shared_ptr<Snapshot>> SnapshotPart(Snapshot& whole, std::span<const double> shard_sizes,
                                               std::span<const double> rows);

// Has them copied by a process that is forked here and holds the memory as it is now. ENOTSUP where
// the system has no such thing.
Result<std::shared_ptr<Snapshot>> SnapshotFork(ShardLayout layout) noexcept;

// Extends the sums by a chunk's bytes.
void SumChunk(const ShardLayout& layout, const Chunk& chunk, Bytes bytes, RowSums& sums, Job& job);

}  // namespace ckpt
