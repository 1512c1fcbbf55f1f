#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "counters.h"
#include "page_watch.h"
#include "shard_layout.h"
#include "status.h"

namespace ckpt {

// Tells which of many arrays have not been written to since it was asked last, for saves that leave
// those out. A wrong "clean" loses data, so whatever is not known is not clean.
//
// Of a large row, the whole pages in it are known by the kernel's marks (PageWatch): all writes
// count, whoever makes them, with the same bytes as well. What it has of its first and last page,
// where malloc has its own notes and neighbours theirs, is kept as a copy and compared; so are
// small rows.
//
// The order of use is: Scan, then copy the rows that are not clean. A write in between is in the
// copy, and in a whole page it is seen by the next Scan again. To what is compared, no other thread
// may write in between: back at its old bytes by the next Scan, it would count as clean. Rows where
// that can happen have to be called racing.
//
// What cannot be seen:
// - writes of devices to memory that was pinned before the Scan (io_uring's fixed buffers, pages
//   registered with a GPU, direct reads under way);
// - changes of the file under a private mapping, and that MADV_DONTNEED brings the file's bytes
//   back there. Mapping requires that nobody does so.
// Memory that is mapped shared is never clean. In a forked process nothing large is.
//
// Any thread, one Scan at a time; the rows must be readable.
class PageTracker {
 public:
  // Rows of fewer bytes are small.
  static constexpr size_t kMinTracked = 64 << 10;
  // All copies of one tracker; rows beyond are never clean.
  static constexpr size_t kMaxCopied = 64 << 20;

  // Whether large rows can be clean at all.
  static bool Available() noexcept;

  // clean[i] becomes 1 if row i of the last Scan was at the same address, of the same length, and
  // no byte of it can have been written to since; 0 otherwise. An empty row is clean if it was
  // empty. `racing`, unless empty, has 1 for rows that are never compared: large ones are known by
  // all pages that they lie in, small ones are never clean. Fails only if the lengths differ.
  Status Scan(std::span<const Bytes> rows, std::span<uint8_t> clean,
              std::span<const uint8_t> racing = {}) noexcept;

 private:
  // How a row is known.
  struct Row {
    Bytes bytes;
    bool racing = false;
    PageRange pages;  // empty: none
    Bytes head;       // compared, as is the tail
    Bytes tail;
    std::unique_ptr<std::byte[]> copy;  // of head and tail, if there was room

    static Row Of(Bytes bytes, bool racing) noexcept;
    bool IsSame(const Row& other) const noexcept;
    size_t compared() const noexcept { return head.size() + tail.size(); }
    bool EqualsCopy() const noexcept;
    void MakeCopy();
  };

  void ScanRows(std::span<const Bytes> rows, std::span<uint8_t> clean,
                std::span<const uint8_t> racing);
  void Look(std::span<uint8_t> clean);
  void Compare(std::span<uint8_t> clean);

  std::mutex mutex_;
  PageWatch watch_;
  std::vector<Row> rows_;
  Counted<Kind::kTracker> counted_;
};

}  // namespace ckpt
