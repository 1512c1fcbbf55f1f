#include "core/crc32c.h"

#include <random>

#include "test_files.h"

namespace ckpt {
namespace {

uint32_t Bitwise(uint32_t crc, const std::string& data) {
  crc = ~crc;
  for (unsigned char byte : data) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
  }
  return ~crc;
}

TEST(Crc32c, KnownVectors) {
  std::string counting(32, '\0');
  for (int i = 0; i < 32; ++i) counting[i] = static_cast<char>(i);
  const std::pair<std::string, uint32_t> vectors[] = {
      {"", 0},
      {"a", 0xc1d04330},
      {"123456789", 0xe3069283},
      {std::string(32, '\0'), 0x8a9136aa},  // RFC 3720, B.4
      {std::string(32, '\xff'), 0x62a8ab43},
      {counting, 0x46dd794e},
  };
  for (const Crc32cImplementation& one : Crc32cImplementations()) {
    for (const auto& [data, crc] : vectors) {
      EXPECT_EQ(one.extend(0, reinterpret_cast<const uint8_t*>(data.data()), data.size()), crc)
          << one.name;
    }
  }
}

TEST(Crc32c, ImplementationsAgreeOverLengthsAlignmentsAndSeeds) {
  std::mt19937 random(7);
  const std::string data = Pattern(200000);
  for (int round = 0; round < 400; ++round) {
    const size_t begin = random() % 64;
    const size_t limit = round % 4 == 0 ? 100000 : round % 4 == 1 ? 30000 : 1000;
    const std::string part = data.substr(begin, random() % limit);
    const uint32_t seed = random();
    const uint32_t expected = Bitwise(seed, part);
    for (const Crc32cImplementation& one : Crc32cImplementations()) {
      // From the middle of the big string, so that the alignment varies.
      const auto* bytes = reinterpret_cast<const uint8_t*>(data.data()) + begin;
      EXPECT_EQ(one.extend(seed, bytes, part.size()), expected) << one.name << ' ' << part.size();
    }
    EXPECT_EQ(Crc32cExtend(seed, AsBytes(part)), expected);
  }
}

TEST(Crc32c, CombineEqualsTheWhole) {
  std::mt19937 random(11);
  const std::string data = Pattern(70000);
  for (int round = 0; round < 300; ++round) {
    const size_t cut = random() % data.size();
    const uint32_t a = Crc32cExtend(0, AsBytes(data.substr(0, cut)));
    const uint32_t b = Crc32cExtend(0, AsBytes(data.substr(cut)));
    EXPECT_EQ(Crc32cCombine(a, b, data.size() - cut), Crc32cExtend(0, AsBytes(data)));
  }
  EXPECT_EQ(Crc32cCombine(0x12345678, 0, 0), 0x12345678u);
}

TEST(Crc32c, CombineTakesLengthsBeyond32Bits) {
  // Appending 2^35 zeros as one step equals appending 2^34 twice.
  const uint32_t once = Crc32cCombine(0xdeadbeef, 0, uint64_t{1} << 35);
  const uint32_t half = Crc32cCombine(0xdeadbeef, 0, uint64_t{1} << 34);
  EXPECT_EQ(Crc32cCombine(half, 0, uint64_t{1} << 34), once);
  EXPECT_NE(once, half);
}

}  // namespace
}  // namespace ckpt
