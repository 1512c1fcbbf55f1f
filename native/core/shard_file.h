#pragma once
// One shard file while it is filled, in one of several ways.

#include <atomic>
#include <cstdint>
#include <string>

#include "chunks.h"
#include "fd.h"
#include "file_identity.h"
#include "spare_shards.h"
#include "staging_dir.h"
#include "status.h"

namespace ckpt {

// Spelled as in lib/data-plane.ts.
enum class WriteMethod {
  // The fastest that there is here for a file of that size.
  kAuto = 0,
  // Stores into a shared mapping of the file, all of whose blocks are allocated before.
  kMapped = 1,
  // Past the page cache, from memory straight to the disk.
  kDirect = 2,
  // By the page cache.
  kBuffered = 3,
};

// What all shards of a save have in common.
struct ShardFileOptions {
  WriteMethod method = WriteMethod::kAuto;
  bool durable = true;
  SpareShards* spares = nullptr;  // or null
};

// Chunks may be put in any order and by several threads; open before and finish behind them.
class ShardFile {
 public:
  ShardFile(const ShardFileOptions& options, const StagingDir& staging, size_t index,
            uint64_t size);
  ~ShardFile() { Unmap(); }
  ShardFile(const ShardFile&) = delete;
  ShardFile& operator=(const ShardFile&) = delete;

  // Makes the file, or takes a spare one, and allocates all its blocks: a full disk is an error
  // here.
  Status Open();

  // Where the chunk's bytes are to be stored, its memory made; null if they are to be put.
  std::byte* Place(const Chunk& chunk) const noexcept;

  // `bytes` as a ChunkReader gives them, or as they were stored at Place.
  Status Put(const Chunk& chunk, Bytes bytes);

  // Syncs, when durable, tells which file it is, and closes. A failure is final: nothing of the
  // file may be used.
  Status Finish(FileIdentity* identity);

 private:
  WriteMethod Choose() const noexcept;
  Status Size(bool recycled);
  void BeginDirect() noexcept;
  Status PutDirect(const Chunk& chunk, Bytes bytes);
  void Unmap() noexcept;

  const ShardFileOptions& options_;
  const StagingDir& staging_;
  const std::string name_;
  const std::string path_;
  const uint64_t size_;
  UniqueFd fd_;
  std::byte* base_ = nullptr;  // of the mapping
  std::atomic<bool> direct_{false};
  std::atomic<bool> padded_{false};  // longer than it is to be
};

}  // namespace ckpt
