#include "core/crc32c.h"

#include <random>

#include "test_files.h"

namespace ckpt {
namespace {

const uint8_t* Begin(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

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
      EXPECT_EQ(one.extend(0, Begin(data), data.size()), crc) << one.name;
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
      const uint8_t* bytes = Begin(data) + begin;
      EXPECT_EQ(one.extend(seed, bytes, part.size()), expected) << one.name << ' ' << part.size();
    }
    EXPECT_EQ(Crc32cExtend(seed, AsBytes(part)), expected);
  }
}

TEST(Crc32c, ThePortableOneIsWhatThePolynomialSays) {
  const std::string data = Pattern(300);
  for (size_t size = 0; size <= data.size(); ++size) {
    const uint32_t seed = static_cast<uint32_t>(size) * 0x9e3779b9;
    EXPECT_EQ(Crc32cPortable()->extend(seed, Begin(data), size),
              Bitwise(seed, data.substr(0, size)));
  }
}

TEST(Crc32c, EveryLengthAtEveryAlignment) {
  constexpr size_t kLengths = 2048;
  constexpr size_t kAlignments = 64;
  const std::string data = Pattern(kLengths + 2 * kAlignments, 3);
  const uint8_t* base = Begin(data) + (-reinterpret_cast<uintptr_t>(data.data())) % kAlignments;
  for (size_t alignment = 0; alignment < kAlignments; ++alignment) {
    const uint8_t* bytes = base + alignment;
    for (size_t size = 0; size <= kLengths; ++size) {
      const auto seed = static_cast<uint32_t>(size * 0x9e3779b9 + alignment);
      const uint32_t expected = Crc32cPortable()->extend(seed, bytes, size);
      for (const Crc32cImplementation& one : Crc32cImplementations()) {
        if (one.extend(seed, bytes, size) == expected) continue;
        FAIL() << one.name << ": " << size << " bytes at " << alignment;
      }
    }
  }
}

TEST(Crc32c, LongOnes) {
  std::mt19937 random(5);
  const std::string data = Pattern(3 << 20, 5);
  for (int round = 0; round < 20; ++round) {
    const size_t begin = random() % 1000;
    const size_t size = data.size() - begin - random() % 100000;
    const uint32_t seed = random();
    const uint32_t expected = Crc32cPortable()->extend(seed, Begin(data) + begin, size);
    for (const Crc32cImplementation& one : Crc32cImplementations()) {
      EXPECT_EQ(one.extend(seed, Begin(data) + begin, size), expected) << one.name;
    }
  }
}

// Copies `size` bytes by every implementation and expects them, their checksum, and nothing else
// to arrive.
void ExpectCopies(const std::string& data, size_t from, size_t size, size_t to) {
  const uint8_t* source = Begin(data) + from;
  const uint32_t seed = static_cast<uint32_t>(size + 77 * to);
  const uint32_t expected = Crc32cPortable()->extend(seed, source, size);
  constexpr size_t kMargin = 128;
  for (const Crc32cImplementation& one : Crc32cImplementations()) {
    for (const CopyTo kind : {CopyTo::kCache, CopyTo::kMemory}) {
      std::string wanted(to + size + kMargin, '\xa5');
      std::string target = wanted;
      wanted.replace(to, size, data, from, size);
      auto* bytes = reinterpret_cast<uint8_t*>(target.data()) + to;
      EXPECT_EQ(one.copy(seed, bytes, source, size, kind), expected) << one.name << ' ' << size;
      ASSERT_TRUE(target == wanted) << one.name << ": " << size << " bytes to " << to;
    }
  }
}

TEST(Crc32c, CopiesOfEveryLength) {
  const std::string data = Pattern(70000, 13);
  for (size_t size = 0; size <= 1100; ++size) ExpectCopies(data, size % 67, size, size % 71);
}

TEST(Crc32c, LongCopiesAtEveryAlignment) {
  std::mt19937 random(17);
  const std::string data = Pattern(70000, 17);
  for (size_t to = 0; to < 64; ++to) {
    ExpectCopies(data, random() % 64, 15 * 1024 + random() % 4096, to);
    ExpectCopies(data, random() % 64, 60000 + random() % 9000, to);
  }
}

TEST(Crc32c, CopyTakesTheBestImplementation) {
  const std::string data = Pattern(50000, 19);
  std::string target(data.size(), 0);
  auto* bytes = reinterpret_cast<std::byte*>(target.data());
  EXPECT_EQ(Crc32cCopy(9, bytes, AsBytes(data)), Bitwise(9, data));
  EXPECT_TRUE(target == data);
  EXPECT_EQ(Crc32cCopy(9, nullptr, {}), 9u);
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
