#include "page_tracker.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "written_pages.h"

namespace ckpt {
namespace {

bool IsEqual(Bytes bytes, const std::byte* copy) noexcept {
  return bytes.empty() || std::memcmp(bytes.data(), copy, bytes.size()) == 0;
}

void CopyTo(std::byte* copy, Bytes bytes) noexcept {
  if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
}

}  // namespace

bool PageTracker::Available() noexcept { return WrittenPages::Available(); }

PageTracker::Row PageTracker::Row::Of(Bytes bytes, bool racing) noexcept {
  Row row;
  row.bytes = bytes;
  row.racing = racing;
  const bool large = bytes.size() >= kMinTracked;
  if (racing) {
    if (large) row.pages = PagesOf(bytes);
    return row;
  }
  const PageRange inside = PagesInside(bytes);
  if (!large || inside.start == inside.end) {
    row.head = bytes;
    return row;
  }
  const auto start = reinterpret_cast<uintptr_t>(bytes.data());
  row.pages = inside;
  row.head = bytes.first(inside.start - start);
  row.tail = bytes.subspan(inside.end - start);
  return row;
}

bool PageTracker::Row::IsSame(const Row& other) const noexcept {
  if (racing != other.racing || bytes.size() != other.bytes.size()) return false;
  return bytes.empty() || bytes.data() == other.bytes.data();
}

bool PageTracker::Row::EqualsCopy() const noexcept {
  if (compared() == 0) return true;
  return copy && IsEqual(head, copy.get()) && IsEqual(tail, copy.get() + head.size());
}

void PageTracker::Row::MakeCopy() {
  if (compared() == 0) return;
  if (!copy) copy.reset(new std::byte[compared()]);
  CopyTo(copy.get(), head);
  CopyTo(copy.get() + head.size(), tail);
}

Status PageTracker::Scan(std::span<const Bytes> rows, std::span<uint8_t> clean,
                         std::span<const uint8_t> racing) noexcept {
  if (rows.size() != clean.size() || (!racing.empty() && racing.size() != rows.size())) {
    return Status::Invalid("not one result for each row");
  }
  std::lock_guard lock(mutex_);
  const Status status = NoThrow([&] {
    ScanRows(rows, clean, racing);
    return Status::Ok();
  });
  if (!status.ok()) {
    rows_.clear();
    std::fill(clean.begin(), clean.end(), uint8_t{0});
  }
  return Status::Ok();
}

void PageTracker::ScanRows(std::span<const Bytes> rows, std::span<uint8_t> clean,
                           std::span<const uint8_t> racing) {
  std::vector<Row> before = std::exchange(rows_, {});
  rows_.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    Row& row = rows_.emplace_back(Row::Of(rows[i], !racing.empty() && racing[i] != 0));
    const bool same = i < before.size() && row.IsSame(before[i]);
    const bool known = row.bytes.empty() || !row.racing || row.pages.start != row.pages.end;
    if (same) row.copy = std::move(before[i].copy);
    clean[i] = same && known ? 1 : 0;
  }
  Look(clean);
  Compare(clean);
}

// Both clear what they find to be not clean.
void PageTracker::Look(std::span<uint8_t> clean) {
  std::vector<size_t> large;
  std::vector<PageRange> pages;
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].pages.start == rows_[i].pages.end) continue;
    large.push_back(i);
    pages.push_back(rows_[i].pages);
  }
  std::vector<uint8_t> unchanged(large.size());
  watch_.Look(pages, unchanged);
  for (size_t k = 0; k < large.size(); ++k) clean[large[k]] &= unchanged[k];
}

void PageTracker::Compare(std::span<uint8_t> clean) {
  size_t copied = 0;
  for (size_t i = 0; i < rows_.size(); ++i) {
    Row& row = rows_[i];
    if (row.compared() > kMaxCopied - copied) {
      row.copy.reset();
      clean[i] = 0;
      continue;
    }
    copied += row.compared();
    if (row.EqualsCopy()) continue;
    clean[i] = 0;
    row.MakeCopy();
  }
}

}  // namespace ckpt
