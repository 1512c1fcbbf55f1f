#pragma once
// CRC-32C (Castagnoli), reflected, unmasked: the checksum of TensorFlow's table and bundle formats
// (core/lib/hash/crc32c.h). The implementation is chosen once, by what the processor offers.

#include <cstddef>
#include <cstdint>
#include <span>

namespace ckpt {

// Checksum of the bytes that `crc` covers followed by `data`; start from 0.
uint32_t Crc32cExtend(uint32_t crc, std::span<const std::byte> data) noexcept;

// Where the target of a copy is: in the cache because it is used again at once, or in memory that
// nobody reads soon. Of a large copy to memory the bytes go past the cache where the processor can
// do that, which spares reading each line before it is overwritten.
enum class CopyTo { kCache, kMemory };

// Copies `source` to `target` and extends `crc` by the bytes as they arrived there, in one pass:
// another thread may write to the source meanwhile. The ranges may not overlap.
uint32_t Crc32cCopy(uint32_t crc, std::byte* target, std::span<const std::byte> source,
                    CopyTo to = CopyTo::kMemory) noexcept;

// Checksum of A followed by B, from the checksums of both and B's length. O(log length_b).
uint32_t Crc32cCombine(uint32_t crc_a, uint32_t crc_b, uint64_t length_b) noexcept;

// One way to compute it. `extend` and `copy` have the contracts of Crc32cExtend and Crc32cCopy.
struct Crc32cImplementation {
  const char* name;  // 'avx512', 'sse4.2', 'arm64' or 'portable'
  uint32_t (*extend)(uint32_t crc, const uint8_t* data, size_t size) noexcept;
  uint32_t (*copy)(uint32_t crc, uint8_t* target, const uint8_t* source, size_t size,
                   CopyTo to) noexcept;
};

// Those that run on this processor, best first; never empty.
std::span<const Crc32cImplementation> Crc32cImplementations() noexcept;

// Return null where the processor, or the target of this build, has no such instruction.
const Crc32cImplementation* Crc32cAvx512() noexcept;
const Crc32cImplementation* Crc32cSse42() noexcept;
const Crc32cImplementation* Crc32cArm64() noexcept;
const Crc32cImplementation* Crc32cPortable() noexcept;

}  // namespace ckpt
