#pragma once
// CRC-32C (Castagnoli), reflected, unmasked: the checksum of TensorFlow's table and bundle formats
// (core/lib/hash/crc32c.h). The implementation is chosen once, by what the processor offers.

#include <cstddef>
#include <cstdint>
#include <span>

namespace ckpt {

// Checksum of the bytes that `crc` covers followed by `data`; start from 0.
uint32_t Crc32cExtend(uint32_t crc, std::span<const std::byte> data) noexcept;

// Checksum of A followed by B, from the checksums of both and B's length. O(log length_b).
uint32_t Crc32cCombine(uint32_t crc_a, uint32_t crc_b, uint64_t length_b) noexcept;

// One way to compute it. `extend` has the contract of Crc32cExtend.
struct Crc32cImplementation {
  const char* name;  // 'sse4.2', 'arm64' or 'portable'
  uint32_t (*extend)(uint32_t crc, const uint8_t* data, size_t size) noexcept;
};

// Those that run on this processor, best first; never empty.
std::span<const Crc32cImplementation> Crc32cImplementations() noexcept;

// Return null where the processor, or the target of this build, has no such instruction.
const Crc32cImplementation* Crc32cX86() noexcept;
const Crc32cImplementation* Crc32cArm64() noexcept;
const Crc32cImplementation* Crc32cPortable() noexcept;

}  // namespace ckpt
