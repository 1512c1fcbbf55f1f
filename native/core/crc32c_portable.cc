// Slicing by eight: eight table look-ups for eight bytes.

#include <array>
#include <bit>
#include <cstring>

#include "crc32c.h"
#include "crc32c_blocks.h"
#include "crc32c_poly.h"

namespace ckpt {
namespace {

// kTables[k][b]: the register after byte b and k more zero bytes.
constexpr auto kTables = [] {
  std::array<std::array<uint32_t, 256>, 8> tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 1) != 0 ? (crc >> 1) ^ crc32c::kPolynomial : crc >> 1;
    }
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t last = tables[k - 1][byte];
      tables[k][byte] = (last >> 8) ^ tables[0][last & 0xff];
    }
  }
  return tables;
}();

uint32_t Step8(uint32_t crc, const uint8_t* data) noexcept {
  static_assert(std::endian::native == std::endian::little);
  uint64_t word;
  std::memcpy(&word, data, sizeof(word));
  word ^= crc;
  uint32_t next = 0;
  for (size_t k = 0; k < 8; ++k) next ^= kTables[7 - k][(word >> (8 * k)) & 0xff];
  return next;
}

uint32_t Extend(uint32_t crc, const uint8_t* data, size_t size) noexcept {
  crc = ~crc;
  for (; size >= 8; data += 8, size -= 8) crc = Step8(crc, data);
  for (; size > 0; ++data, --size) crc = (crc >> 8) ^ kTables[0][(crc ^ *data) & 0xff];
  return ~crc;
}

}  // namespace

const Crc32cImplementation* Crc32cPortable() noexcept {
  static constexpr Crc32cImplementation kImplementation{"portable", Extend,
                                                        crc32c::CopyInBlocks<Extend>};
  return &kImplementation;
}

}  // namespace ckpt
