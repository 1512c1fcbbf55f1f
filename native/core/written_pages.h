#pragma once
// Asks the kernel which pages of this process have been written to: Linux 6.7 and later, by
// asynchronous write protection (userfaultfd) and the PAGEMAP_SCAN request of /proc/self/pagemap.
//
// A page is *armed* when the kernel has marked it; the first write to it takes the mark away, at
// the cost of one page fault and without anybody else noticing. There is one mark for each page,
// whoever asks: see PageWatch, which shares them.
//
// Only a mark that is there counts. What has none may be written, new, moved, dropped or gone: the
// kernel's own word "not written" also covers pages that MADV_DONTNEED has emptied.

#include <memory>
#include <vector>

#include "fd.h"
#include "page_range.h"

namespace ckpt {

// One thread at a time.
class WrittenPages {
 public:
  // Whether all of this works here, tried once for the process on memory of its own.
  static bool Available() noexcept;

  // Null if it cannot be had.
  static std::unique_ptr<WrittenPages> Open();

  // The kernel forgets all registrations.
  ~WrittenPages();
  WrittenPages(const WrittenPages&) = delete;
  WrittenPages& operator=(const WrittenPages&) = delete;

  // False in a forked process: there, everything would be done to the memory of its parent.
  bool mine() const noexcept;

  // Lets the pages be armed, those that are already registered included. False if some of it cannot
  // be or belongs to somebody else's userfaultfd; part of it may be registered then.
  bool Register(PageRange range) noexcept;

  // Takes the marks away. Memory that has gone or changed its use meanwhile does not matter.
  void Unregister(PageRange range) noexcept;

  // Adds the pages that were not armed, in ranges, to `changed`, and arms all that are registered.
  // If this throws, marks may have been set on pages that were not added.
  void Scan(PageRange range, PageRanges& changed);

 private:
  struct Region;

  WrittenPages();
  bool Start() noexcept;
  size_t Ask(PageRange range) noexcept;
  void Arm(PageRange range) noexcept;
  void Close(PageRange range, bool missing, PageRanges& changed);

  UniqueFd fault_fd_;
  UniqueFd pagemap_;
  char* mark_ = nullptr;  // a page that a forked process finds empty
  std::vector<Region> regions_;
};

// Whether `pages` tells what it should of memory that is made for this.
bool TellsWrites(WrittenPages& pages) noexcept;

}  // namespace ckpt
