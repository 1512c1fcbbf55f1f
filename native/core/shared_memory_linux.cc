#include "shared_memory.h"

#if defined(__linux__)

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <string>
#include <string_view>

#include "fd.h"

namespace ckpt {
namespace {

bool ReadMaps(std::string* text) {
  const UniqueFd fd(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return false;
  constexpr size_t kPiece = 64 << 10;
  for (size_t size = 0;;) {
    text->resize(size + kPiece);
    const ssize_t count =
        RetryOnInterrupt([&] { return ::read(fd.get(), text->data() + size, kPiece); });
    if (count < 0) return false;
    size += static_cast<size_t>(count);
    text->resize(size);
    if (count == 0) return true;
  }
}

// A line is "START-END rwxp OFFSET DEVICE INODE NAME", the addresses without 0x; the fourth letter
// is s for shared.
bool ReadLine(std::string_view line, PageRange* range, bool* shared) {
  const char* const end = line.data() + line.size();
  const auto first = std::from_chars(line.data(), end, range->start, 16);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return false;
  const auto second = std::from_chars(first.ptr + 1, end, range->end, 16);
  constexpr size_t kLetters = 5;
  if (second.ec != std::errc() || end - second.ptr < static_cast<ptrdiff_t>(kLetters)) return false;
  *shared = second.ptr[4] != 'p' || line.find("/anon_hugepage") != line.npos;
  return true;
}

}  // namespace

bool FindSharedMemory(PageRanges* found) {
  std::string text;
  if (!ReadMaps(&text)) return false;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t length = rest.find('\n');
    PageRange range;
    bool shared = false;
    if (length == rest.npos || !ReadLine(rest.substr(0, length), &range, &shared)) return false;
    if (shared) found->push_back(range);
    rest.remove_prefix(length + 1);
  }
  return true;
}

}  // namespace ckpt

#else

namespace ckpt {

bool FindSharedMemory(PageRanges*) { return false; }

}  // namespace ckpt

#endif
