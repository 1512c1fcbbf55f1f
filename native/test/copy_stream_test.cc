#include "core/copy_stream.h"

#include "core/copy_lines.h"
#include "test_files.h"

namespace ckpt {
namespace {

std::byte* BytesOf(std::string& text) { return reinterpret_cast<std::byte*>(text.data()); }

TEST(CopyStream, AnyLengthAtAnyAlignment) {
  const std::string source = Pattern(300 << 10);
  std::string target(source.size() + 200, '\0');
  for (const size_t length : {0, 1, 63, 4096, 65535, 65536, 65600, 81920, 200001}) {
    for (const size_t to : {0, 1, 15, 16, 63}) {
      for (const size_t from : {0, 3, 32}) {
        std::fill(target.begin(), target.end(), '#');
        CopyStream(BytesOf(target) + to, AsBytes(source).subspan(from, length));
        ASSERT_EQ(std::memcmp(target.data() + to, source.data() + from, length), 0);
        ASSERT_EQ(target[to + length], '#');
      }
    }
  }
}

// While the ways take turns, and when one of them is chosen.
TEST(CopyStream, ManyLargePieces) {
  const std::string source = Pattern(300'001);
  std::string target(source.size(), '\0');
  for (int i = 0; i < 50; ++i) {
    std::fill(target.begin(), target.end(), '#');
    CopyStream(BytesOf(target), AsBytes(source));
    ASSERT_EQ(target, source) << i;
  }
}

TEST(LineCopies, AnyNumberOfLines) {
  const std::string source = Pattern(80 << 10);
  std::string memory(source.size() + 2 * kLineBytes, '\0');
  const size_t ahead = -reinterpret_cast<uintptr_t>(memory.data()) % kLineBytes;
  for (const CopyLines copy : LineCopies()) {
    for (const size_t lines : {0, 1, 7, 8, 9, 64, 255, 256, 257, 600, 1024}) {
      const size_t size = lines * kLineBytes;
      std::fill(memory.begin(), memory.end(), '#');
      copy(BytesOf(memory) + ahead, AsBytes(source).data() + 5, size);
      ASSERT_EQ(std::memcmp(memory.data() + ahead, source.data() + 5, size), 0);
      ASSERT_EQ(memory[ahead + size], '#');
    }
  }
}

}  // namespace
}  // namespace ckpt
