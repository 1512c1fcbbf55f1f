#include "page_tracker.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "written_pages.h"

namespace ckpt {
namespace {

bool Equal(Bytes row, const std::byte* copy) noexcept {
  return std::memcmp(row.data(), copy, row.size()) == 0;
}

std::unique_ptr<std::byte[]> Copy(Bytes row) {
  if (row.empty()) return nullptr;
  std::unique_ptr<std::byte[]> copy(new std::byte[row.size()]);
  std::memcpy(copy.get(), row.data(), row.size());
  return copy;
}

}  // namespace

bool PageTracker::Available() noexcept { return WrittenPages::Available(); }

Status PageTracker::Scan(std::span<const Bytes> rows, std::span<uint8_t> clean) noexcept {
  if (rows.size() != clean.size()) return Status::Invalid("not one result for each row");
  std::lock_guard lock(mutex_);
  const Status status = NoThrow([&] {
    ScanRows(rows, clean);
    return Status::Ok();
  });
  if (!status.ok()) {
    rows_.clear();
    std::fill(clean.begin(), clean.end(), uint8_t{0});
  }
  return Status::Ok();
}

void PageTracker::ScanRows(std::span<const Bytes> rows, std::span<uint8_t> clean) {
  std::vector<Row> before = std::exchange(rows_, std::vector<Row>(rows.size()));
  before.resize(std::min(before.size(), rows.size()));
  std::fill(clean.begin(), clean.end(), uint8_t{0});
  for (size_t i = 0; i < before.size(); ++i) {
    const Bytes old = before[i].bytes;
    const bool same = old.data() == rows[i].data() || rows[i].empty();
    clean[i] = same && old.size() == rows[i].size() ? 1 : 0;
    rows_[i] = std::move(before[i]);
  }
  LookAtLarge(rows, clean);
  CompareSmall(rows, clean);
}

// These two get in `clean` which rows are those of the last Scan.
void PageTracker::LookAtLarge(std::span<const Bytes> rows, std::span<uint8_t> clean) {
  std::vector<size_t> large;
  std::vector<PageRange> pages;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].size() < kMinTracked) continue;
    large.push_back(i);
    pages.push_back(PagesOf(rows[i]));
    rows_[i] = {rows[i], nullptr};
  }
  std::vector<uint8_t> unchanged(large.size());
  watch_.Look(pages, unchanged);
  for (size_t k = 0; k < large.size(); ++k) clean[large[k]] &= unchanged[k];
}

void PageTracker::CompareSmall(std::span<const Bytes> rows, std::span<uint8_t> clean) {
  size_t copied = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const Bytes row = rows[i];
    if (row.size() >= kMinTracked) continue;
    const bool kept = clean[i] != 0 && (row.empty() || rows_[i].copy != nullptr);
    const bool fits = row.size() <= kMaxCopied - copied;
    clean[i] = kept && fits && (row.empty() || Equal(row, rows_[i].copy.get())) ? 1 : 0;
    if (clean[i] == 0) rows_[i] = {row, fits ? Copy(row) : nullptr};
    if (fits) copied += row.size();
  }
}

}  // namespace ckpt
