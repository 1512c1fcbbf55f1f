#pragma once
// Arithmetic on file offsets and lengths that cannot overflow unnoticed. Numbers come from plans
// and from index files, so every one of them is checked before it is used.

#include <cstdint>

namespace ckpt {

// 2^53 - 1, JavaScript's largest safe integer, far above any file size.
inline constexpr uint64_t kMaxSafeInteger = (uint64_t{1} << 53) - 1;

// Converts a number from JavaScript; false if it is no integer in 0..2^53-1 (NaN included).
inline bool ToUint64(double value, uint64_t* out) noexcept {
  if (!(value >= 0 && value <= static_cast<double>(kMaxSafeInteger))) return false;
  *out = static_cast<uint64_t>(value);
  return static_cast<double>(*out) == value;
}

inline bool ToUint32(double value, uint32_t* out) noexcept {
  uint64_t wide = 0;
  if (!ToUint64(value, &wide) || wide > UINT32_MAX) return false;
  *out = static_cast<uint32_t>(wide);
  return true;
}

// A range of bytes.
struct Extent {
  uint64_t offset = 0;
  uint64_t length = 0;

  // True if the range lies inside `size` bytes.
  bool FitsIn(uint64_t size) const noexcept { return offset <= size && length <= size - offset; }
};

inline bool CheckedAdd(uint64_t a, uint64_t b, uint64_t* sum) noexcept {
  return !__builtin_add_overflow(a, b, sum);
}

}  // namespace ckpt
