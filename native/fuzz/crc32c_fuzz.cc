// All implementations of the checksum and of the copies give what a sum byte by byte gives, in
// pieces of any length, from and to any alignment, and touch nothing else.
#include <array>

#include "core/copy_stream.h"
#include "core/crc32c.h"
#include "input.h"

namespace ckpt {
namespace {

// RFC 3720, appendix B.4, a byte at a time; the table one bit at a time.
uint32_t Reference(uint32_t crc, std::span<const std::byte> bytes) {
  static const auto table = [] {
    std::array<uint32_t, 256> all{};
    for (uint32_t i = 0; i < 256; ++i) {
      all[i] = i;
      for (int bit = 0; bit < 8; ++bit) all[i] = (all[i] >> 1) ^ (all[i] & 1 ? 0x82f63b78u : 0u);
    }
    return all;
  }();
  crc = ~crc;
  for (const std::byte byte : bytes) {
    crc = (crc >> 8) ^ table[(crc ^ static_cast<uint32_t>(byte)) & 0xff];
  }
  return ~crc;
}

// Memory of exactly these bytes at an address of this alignment, so that a step beside it is seen.
class Aligned {
 public:
  Aligned(size_t size, size_t ahead) : memory_(new std::byte[ahead + size]), ahead_(ahead) {}
  ~Aligned() { delete[] memory_; }
  Aligned(const Aligned&) = delete;
  Aligned& operator=(const Aligned&) = delete;
  std::byte* data() const { return memory_ + ahead_; }

 private:
  std::byte* memory_;
  size_t ahead_;
};

// The input's bytes again and again: the fast ways begin at sizes that inputs do not have.
void Fill(std::span<std::byte> target, std::span<const std::byte> pattern) {
  for (size_t i = 0; i < target.size(); ++i) {
    target[i] = pattern.empty() ? std::byte{0} : pattern[i % pattern.size()] ^ std::byte(i >> 8);
  }
}

void Check(const Crc32cImplementation& implementation, std::span<const std::byte> source,
           uint32_t seed, uint32_t expected, Input input) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(source.data());
  CKPT_EXPECT(implementation.extend(seed, bytes, source.size()) == expected);
  uint32_t crc = seed;
  for (size_t at = 0; at < source.size();) {
    // What is left is one piece: an input without bytes would make pieces of one byte each.
    const size_t most = source.size() - at;
    const size_t part = input.empty() ? most : std::min<size_t>(1 + input.Below(most), most);
    crc = implementation.extend(crc, bytes + at, part);
    at += part;
  }
  CKPT_EXPECT(crc == expected);
  const Aligned target(source.size(), input.Below(127));
  const CopyTo to = input.Below(1) == 0 ? CopyTo::kCache : CopyTo::kMemory;
  auto* copy = reinterpret_cast<uint8_t*>(target.data());
  CKPT_EXPECT(implementation.copy(seed, copy, bytes, source.size(), to) == expected);
  CKPT_EXPECT(source.empty() || std::memcmp(copy, bytes, source.size()) == 0);
}

}  // namespace
}  // namespace ckpt

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ckpt;
  Input input(data, size);
  const uint32_t seed = input.Take<uint32_t>();
  // Now and then above what a copy past the cache begins with.
  const size_t most = input.Below(15) == 0 ? 200000 : 5000;
  const size_t length = input.Below(most);
  const Aligned memory(length, input.Below(127));
  const std::span<std::byte> source(memory.data(), length);
  Fill(source, input.Bytes(64));
  const uint32_t expected = Reference(seed, source);
  for (const Crc32cImplementation& one : Crc32cImplementations()) {
    Check(one, source, seed, expected, input);
  }
  const size_t cut = input.Below(length);
  const uint32_t first = Crc32cExtend(seed, source.first(cut));
  const uint32_t second = Crc32cExtend(0, source.subspan(cut));
  CKPT_EXPECT(Crc32cCombine(first, second, length - cut) == expected);
  const Aligned copy(length, input.Below(127));
  CopyStream(copy.data(), source);
  CKPT_EXPECT(length == 0 || std::memcmp(copy.data(), source.data(), length) == 0);
  return 0;
}
