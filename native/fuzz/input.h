#pragma once
// Numbers and bytes taken from a fuzzer's input, front to back; zeros when it is used up.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

namespace ckpt {

class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(data, size) {}

  bool empty() const noexcept { return rest_.empty(); }

  template <typename T>
  T Take() {
    T value{};
    const size_t size = std::min(sizeof(T), rest_.size());
    if (size > 0) std::memcpy(&value, rest_.data(), size);
    rest_ = rest_.subspan(size);
    return value;
  }

  // From 0 to `most`.
  uint64_t Below(uint64_t most) { return Take<uint32_t>() % (most + 1); }

  std::span<const std::byte> Bytes(size_t count) {
    const size_t size = std::min(count, rest_.size());
    const auto taken = std::as_bytes(rest_.first(size));
    rest_ = rest_.subspan(size);
    return taken;
  }

  // A cell of a plan: mostly a small integer, sometimes any double, a border or none at all.
  double Cell() {
    const uint8_t kind = Take<uint8_t>();
    if (kind < 160) return static_cast<double>(kind % 64);
    if (kind < 200) return static_cast<double>(Take<uint32_t>());
    if (kind < 220) return static_cast<double>(Take<uint64_t>() >> (Take<uint8_t>() % 64));
    if (kind < 230) return -static_cast<double>(Take<uint8_t>());
    constexpr double kBorders[] = {9007199254740991.0, 9007199254740992.0, 4294967295.0,
                                   4294967296.0, 18446744073709551616.0};
    if (kind < 245) return kBorders[kind % 5];
    return Take<double>();
  }

 private:
  std::span<const uint8_t> rest_;
};

}  // namespace ckpt

// Ends the process with the place: what the fuzzer looks for. Also in builds without assert.
#define CKPT_EXPECT(condition)                                             \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                        \
    }                                                                      \
  } while (false)
