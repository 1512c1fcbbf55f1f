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
// Large rows are known by the kernel's marks of their pages (PageWatch): all writes count, whoever
// makes them in this process, with the same bytes as well, and those of neighbours on the first and
// the last page. Small ones are kept as copies and compared.
//
// The order of use is: Scan, then copy the rows that are not clean. A write in between is in the
// copy, and for a large row seen by the next Scan again. A small row must not be written by another
// thread in between: back at its old bytes by the next Scan, it would count as clean.
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
  static constexpr size_t kMinTracked = PageWatch::kMinRow;
  // All copies of one tracker; rows beyond are never clean.
  static constexpr size_t kMaxCopied = 64 << 20;

  // Whether large rows can be clean at all.
  static bool Available() noexcept;

  // clean[i] becomes 1 if row i of the last Scan was at the same address, of the same length, and
  // no byte of it can have been written to since; 0 otherwise. An empty row is clean if it was
  // empty. Fails only if the two differ in length.
  Status Scan(std::span<const Bytes> rows, std::span<uint8_t> clean) noexcept;

 private:
  struct Row {
    Bytes bytes;
    std::unique_ptr<std::byte[]> copy;  // of a small one, if there was room
  };

  void ScanRows(std::span<const Bytes> rows, std::span<uint8_t> clean);
  void LookAtLarge(std::span<const Bytes> rows, std::span<uint8_t> clean);
  void CompareSmall(std::span<const Bytes> rows, std::span<uint8_t> clean);

  std::mutex mutex_;
  PageWatch watch_;
  std::vector<Row> rows_;
  Counted<Kind::kTracker> counted_;
};

}  // namespace ckpt
