#pragma once
// The two ways in which the bytes of one piece reach a shard file.

#include <array>
#include <cstring>
#include <memory>
#include <string>

#include "crc32c.h"
#include "durable.h"
#include "pieces.h"
#include "snapshot.h"

namespace ckpt {

// Takes bytes at ascending offsets. Not thread-safe: one sink a piece.
class ShardSink {
 public:
  virtual ~ShardSink() = default;
  // Copies at most a block and, unless `crc` is null, extends it by the bytes as they were copied.
  virtual Status Put(uint64_t offset, Bytes block, uint32_t* crc) = 0;
  virtual Status Flush() = 0;
};

// Stores into a shared mapping of the file.
class MappedSink final : public ShardSink {
 public:
  explicit MappedSink(std::byte* base) noexcept : base_(base) {}

  Status Put(uint64_t offset, Bytes block, uint32_t* crc) override {
    std::byte* target = base_ + offset;
    std::memcpy(target, block.data(), block.size());
    if (crc != nullptr) *crc = Crc32cExtend(*crc, {target, block.size()});
    return Status::Ok();
  }
  Status Flush() override { return Status::Ok(); }

 private:
  std::byte* const base_;
};

// Collects neighbouring bytes in a buffer and writes them by pwrite. Small gaps are filled with the
// zeros that the file has there anyway.
class BufferedSink final : public ShardSink {
 public:
  BufferedSink(int fd, const std::string& path)
      : fd_(fd), path_(path), buffer_(new std::byte[kCapacity]) {}

  Status Put(uint64_t offset, Bytes block, uint32_t* crc) override {
    const uint64_t gap = offset - (start_ + used_);
    if (used_ + gap + block.size() > kCapacity || used_ == 0) {
      CKPT_TRY(Flush());
      start_ = offset;
    } else {
      std::memset(buffer_.get() + used_, 0, gap);
      used_ += gap;
    }
    std::byte* target = buffer_.get() + used_;
    std::memcpy(target, block.data(), block.size());
    if (crc != nullptr) *crc = Crc32cExtend(*crc, {target, block.size()});
    used_ += block.size();
    return Status::Ok();
  }

  Status Flush() override {
    const Bytes filled{buffer_.get(), std::exchange(used_, 0)};
    return WriteAll(fd_, filled, start_, path_);
  }

 private:
  static constexpr size_t kCapacity = 2 * kBlockBytes;

  const int fd_;
  const std::string& path_;
  std::unique_ptr<std::byte[]> buffer_;
  uint64_t start_ = 0;  // offset in the file of the buffer's first byte
  size_t used_ = 0;
};

}  // namespace ckpt
