#pragma once
// Copy and checksum for implementations that only sum: by blocks that the first-level cache still
// holds when they are summed.

#include <algorithm>
#include <cstring>

#include "crc32c.h"

namespace ckpt::crc32c {

inline constexpr size_t kCopyBlock = 16 << 10;

template <uint32_t (*extend)(uint32_t crc, const uint8_t* data, size_t size) noexcept>
uint32_t CopyInBlocks(uint32_t crc, uint8_t* target, const uint8_t* source, size_t size,
                      CopyTo) noexcept {
  while (size > 0) {
    const size_t block = std::min(size, kCopyBlock);
    std::memcpy(target, source, block);
    crc = extend(crc, target, block);  // not the source: it may have changed since
    target += block;
    source += block;
    size -= block;
  }
  return crc;
}

}  // namespace ckpt::crc32c
