#pragma once
// The loop around a processor's CRC instruction. One such instruction takes three cycles but a new
// one can start every cycle, so three independent streams run at once and are joined by multiplying
// with x^(8 * length) mod P, tabulated for two lengths.

#include <array>
#include <cstring>

#include "crc32c_poly.h"

namespace ckpt::crc32c {

// Bytes of each of the three streams: long ones for throughput, short ones for the rest.
inline constexpr size_t kLongStream = 8192;
inline constexpr size_t kShortStream = 256;

// kZeros<n>[k][b]: register byte k with value b, after n zero bytes.
template <size_t bytes>
inline constexpr auto kZeros = [] {
  std::array<std::array<uint32_t, 256>, 4> tables{};
  constexpr uint32_t kOperator = ZerosOperator(bytes);
  for (uint32_t k = 0; k < 4; ++k) {
    for (uint32_t byte = 0; byte < 256; ++byte) {
      tables[k][byte] = Multiply(kOperator, byte << (8 * k));
    }
  }
  return tables;
}();

template <size_t bytes>
inline uint32_t AppendZeros(uint32_t crc) noexcept {
  const auto& tables = kZeros<bytes>;
  return tables[0][crc & 0xff] ^ tables[1][(crc >> 8) & 0xff] ^ tables[2][(crc >> 16) & 0xff] ^
         tables[3][crc >> 24];
}

// `Step` offers static Word(crc, uint64_t) and Byte(crc, uint8_t) on the raw register.
template <typename Step>
class Interleaved {
 public:
  static uint32_t Extend(uint32_t crc, const uint8_t* data, size_t size) noexcept {
    crc = ~crc;
    // Aligned words: an instruction that straddles cache lines costs an extra load.
    for (; size > 0 && (reinterpret_cast<uintptr_t>(data) & 7) != 0; ++data, --size) {
      crc = Step::Byte(crc, *data);
    }
    Streams<kLongStream>(crc, data, size);
    Streams<kShortStream>(crc, data, size);
    for (; size >= 8; data += 8, size -= 8) crc = Step::Word(crc, Load(data));
    for (; size > 0; ++data, --size) crc = Step::Byte(crc, *data);
    return ~crc;
  }

 private:
  static uint64_t Load(const uint8_t* data) noexcept {
    uint64_t word;
    std::memcpy(&word, data, sizeof(word));
    return word;
  }

  template <size_t bytes>
  static void Streams(uint32_t& crc, const uint8_t*& data, size_t& size) noexcept {
    for (; size >= 3 * bytes; data += 3 * bytes, size -= 3 * bytes) {
      uint32_t second = 0;
      uint32_t third = 0;
      for (size_t i = 0; i < bytes; i += 8) {
        crc = Step::Word(crc, Load(data + i));
        second = Step::Word(second, Load(data + bytes + i));
        third = Step::Word(third, Load(data + 2 * bytes + i));
      }
      crc = AppendZeros<bytes>(crc) ^ second;
      crc = AppendZeros<bytes>(crc) ^ third;
    }
  }
};

}  // namespace ckpt::crc32c
