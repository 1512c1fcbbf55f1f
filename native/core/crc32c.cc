#include "crc32c.h"

#include <array>

#include "crc32c_poly.h"

namespace ckpt {
namespace {

struct Available {
  std::array<Crc32cImplementation, 4> items{};
  size_t count = 0;

  Available() {
    for (const Crc32cImplementation* one :
         {Crc32cAvx512(), Crc32cSse42(), Crc32cArm64(), Crc32cPortable()}) {
      if (one != nullptr) items[count++] = *one;
    }
  }
};

}  // namespace

std::span<const Crc32cImplementation> Crc32cImplementations() noexcept {
  static const Available available;
  return {available.items.data(), available.count};
}

uint32_t Crc32cExtend(uint32_t crc, std::span<const std::byte> data) noexcept {
  static const auto extend = Crc32cImplementations().front().extend;
  return extend(crc, reinterpret_cast<const uint8_t*>(data.data()), data.size());
}

uint32_t Crc32cCopy(uint32_t crc, std::byte* target, std::span<const std::byte> source,
                    CopyTo to) noexcept {
  static const auto copy = Crc32cImplementations().front().copy;
  return copy(crc, reinterpret_cast<uint8_t*>(target),
              reinterpret_cast<const uint8_t*>(source.data()), source.size(), to);
}

uint32_t Crc32cCombine(uint32_t crc_a, uint32_t crc_b, uint64_t length_b) noexcept {
  return crc32c::Multiply(crc32c::ZerosOperator(length_b), crc_a) ^ crc_b;
}

}  // namespace ckpt
