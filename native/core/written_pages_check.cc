// Tries on memory of our own what written_pages.h promises. A kernel, or a layer that imitates one,
// may have the requests and lack what followed in later corrections: stale marks of moved memory
// were one.

#include <sys/mman.h>

#include <cstring>

#include "written_pages.h"

namespace ckpt {
namespace {

#if defined(__linux__)

constexpr size_t kPages = 8;
constexpr size_t kTouched = 4;  // the others are as the system gave them

class Probe {
 public:
  explicit Probe(WrittenPages& pages) : pages_(pages) {
    void* const address = ::mmap(nullptr, 2 * kPages * PageSize(), PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) return;
    memory_ = static_cast<char*>(address);
    base_ = memory_;
    std::memset(base_, 1, kTouched * PageSize());
  }
  ~Probe() {
    if (memory_ != nullptr) ::munmap(memory_, bytes_);
  }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  bool valid() const { return memory_ != nullptr; }
  bool Register() { return pages_.Register(Range(0, kPages)); }
  char* page(size_t i) const { return base_ + i * PageSize(); }

  // Whether a scan finds pages [first, end) changed and no others.
  bool Finds(size_t first, size_t end) {
    PageRanges changed;
    pages_.Scan(Range(0, kPages), changed);
    MakeSet(changed);
    return first == end ? changed.empty() : changed == PageRanges{Range(first, end)};
  }
  bool FindsAfterWrite(size_t i) {
    *const_cast<volatile char*>(page(i)) = 2;
    return Finds(i, i + 1) && Finds(0, 0);
  }
  bool Move() {
    char* const to = memory_ + kPages * PageSize();
    constexpr int kFlags = MREMAP_MAYMOVE | MREMAP_FIXED;
    const size_t bytes = kPages * PageSize();
    if (::mremap(base_, bytes, bytes, kFlags, to) == MAP_FAILED) return false;
    base_ = to;
    // Where it was another thread may have mapped something by now.
    memory_ = to;
    bytes_ = bytes;
    return true;
  }

 private:
  PageRange Range(size_t first, size_t end) const {
    const auto start = reinterpret_cast<uintptr_t>(base_);
    return {start + first * PageSize(), start + end * PageSize()};
  }

  WrittenPages& pages_;
  char* memory_ = nullptr;
  size_t bytes_ = 2 * kPages * PageSize();
  char* base_ = nullptr;
};

#endif

}  // namespace

bool TellsWrites([[maybe_unused]] WrittenPages& pages) noexcept {
#if defined(__linux__)
  const auto tells = [&] {
    Probe probe(pages);
    if (!probe.valid()) return false;
    // Nothing is known of what is not registered, however often one asks.
    if (!probe.Finds(0, kPages) || !probe.Finds(0, kPages)) return false;
    if (!probe.Register() || !probe.Finds(0, kPages) || !probe.Finds(0, 0)) return false;
    if (!probe.FindsAfterWrite(1) || !probe.FindsAfterWrite(kTouched + 1)) return false;
    const char read = *static_cast<volatile char*>(probe.page(kTouched + 2));
    if (read != 0 || !probe.Finds(0, 0)) return false;
    if (::madvise(probe.page(2), PageSize(), MADV_DONTNEED) != 0) return false;
    if (!probe.Finds(2, 3) || !probe.Finds(0, 0)) return false;
    // Moved, it is new: with nothing left of what was known where it was.
    if (!probe.Move() || !probe.Finds(0, kPages)) return false;
    if (!probe.Register() || !probe.Finds(0, kPages) || !probe.Finds(0, 0)) return false;
    return probe.FindsAfterWrite(0) && probe.FindsAfterWrite(kPages - 1);
  };
  try {
    return tells();
  } catch (const std::bad_alloc&) {
    return false;
  }
#else
  return false;
#endif
}

bool WrittenPages::Available() noexcept {
  static const bool available = [] {
    try {
      const std::unique_ptr<WrittenPages> pages = Open();
      return pages != nullptr && TellsWrites(*pages);
    } catch (const std::bad_alloc&) {
      return false;
    }
  }();
  return available;
}

}  // namespace ckpt
