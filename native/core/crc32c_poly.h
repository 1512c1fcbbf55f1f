#pragma once
// Arithmetic modulo the CRC-32C polynomial, bit-reflected: bit 31 is the coefficient of x^0.

#include <array>
#include <cstddef>
#include <cstdint>

namespace ckpt::crc32c {

inline constexpr uint32_t kPolynomial = 0x82f63b78;  // 0x1edc6f41 reflected

// a(x) * b(x) mod P.
constexpr uint32_t Multiply(uint32_t a, uint32_t b) noexcept {
  uint32_t product = 0;
  for (uint32_t mask = 0x80000000; mask != 0; mask >>= 1) {
    if (a & mask) product ^= b;
    b = (b & 1) != 0 ? (b >> 1) ^ kPolynomial : b >> 1;
  }
  return product;
}

// kSquares[k] = x^(2^k) mod P. Not taken modulo 32 as CRC-32 code does: P is not primitive here.
// 67 entries reach x^(8 * n) for every 64-bit n.
inline constexpr auto kSquares = [] {
  std::array<uint32_t, 67> squares{};
  squares[0] = 0x40000000;  // x^1
  for (size_t k = 1; k < squares.size(); ++k) {
    squares[k] = Multiply(squares[k - 1], squares[k - 1]);
  }
  return squares;
}();

// x^n mod P.
constexpr uint32_t PowerOfX(uint64_t n) noexcept {
  uint32_t power = 0x80000000;  // x^0
  for (size_t k = 0; n != 0; n >>= 1, ++k) {
    if (n & 1) power = Multiply(kSquares[k], power);
  }
  return power;
}

// x^(8 * bytes) mod P: multiplying by it appends that many zero bytes.
constexpr uint32_t ZerosOperator(uint64_t bytes) noexcept {
  uint32_t power = 0x80000000;  // x^0
  for (size_t k = 3; bytes != 0; bytes >>= 1, ++k) {
    if (bytes & 1) power = Multiply(kSquares[k], power);
  }
  return power;
}

}  // namespace ckpt::crc32c
