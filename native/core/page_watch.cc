#include "page_watch.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

#include "shared_memory.h"
#include "written_pages.h"

namespace ckpt {

struct PageWatch::Shared {
  std::mutex mutex;
  std::unique_ptr<WrittenPages> pages;  // goes with the last watch, and all registrations with it
  std::vector<PageWatch*> watches;

  // The pages, opened when they are needed. Null if there are none for this process.
  WrittenPages* Pages() {
    if (!pages && WrittenPages::Available()) pages = WrittenPages::Open();
    return pages && pages->mine() ? pages.get() : nullptr;
  }

  // Registers what can be and returns that. One row that cannot be must not keep its neighbours
  // from it.
  PageRanges Register(const PageRanges& wanted, std::span<const PageRange> rows,
                      std::span<uint8_t> usable) {
    PageRanges registered;
    for (const PageRange& range : wanted) {
      if (pages->Register(range)) {
        registered.push_back(range);
        continue;
      }
      for (size_t i = 0; i < rows.size(); ++i) {
        if (usable[i] == 0 || !Contains({range}, rows[i])) continue;
        usable[i] = pages->Register(rows[i]) ? 1 : 0;
        if (usable[i] != 0) registered.push_back(rows[i]);
      }
    }
    MakeSet(registered);
    return registered;
  }

  // Lets the program write to ranges without a fault again, those that no watch has.
  void Release(const PageRanges& ranges) noexcept {
    try {
      PageRanges rest = ranges;
      for (const PageWatch* watch : watches) rest = Without(rest, watch->ranges_);
      for (const PageRange& range : rest) pages->Unregister(range);
    } catch (const std::bad_alloc&) {
      // They stay registered, which costs time and nothing else.
    }
  }
};

PageWatch::Shared& PageWatch::shared() {
  // Never destroyed: threads may still use it while the process ends.
  static Shared& all = *new Shared;
  return all;
}

PageWatch::PageWatch() {
  std::lock_guard lock(shared().mutex);
  shared().watches.push_back(this);
}

PageWatch::~PageWatch() {
  Shared& all = shared();
  std::lock_guard lock(all.mutex);
  std::erase(all.watches, this);
  if (all.watches.empty()) {
    all.pages.reset();
  } else if (all.pages && all.pages->mine()) {
    all.Release(ranges_);
  }
}

// The pages of the rows that can be watched. If those are too many ranges, of the largest rows.
PageRanges PageWatch::Choose(std::span<const PageRange> rows, std::span<uint8_t> usable) const {
  PageRanges foreign;
  if (!FindSharedMemory(&foreign)) return {};
  MakeSet(foreign);
  std::vector<size_t> chosen;
  PageRanges wanted;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (Meets(foreign, rows[i])) continue;
    chosen.push_back(i);
    wanted.push_back(rows[i]);
  }
  MakeSet(wanted);
  size_t room = kMaxRanges;
  for (const PageWatch* watch : shared().watches) {
    if (watch != this) room -= std::min(room, watch->ranges_.size());
  }
  if (wanted.size() > room) {
    std::stable_sort(chosen.begin(), chosen.end(), [&](size_t a, size_t b) {
      return rows[a].end - rows[a].start > rows[b].end - rows[b].start;
    });
    chosen.resize(room);
    wanted.clear();
    for (const size_t i : chosen) wanted.push_back(rows[i]);
    MakeSet(wanted);
  }
  for (const size_t i : chosen) usable[i] = 1;
  return wanted;
}

void PageWatch::Look(std::span<const PageRange> rows, std::span<uint8_t> unchanged) {
  std::fill(unchanged.begin(), unchanged.end(), uint8_t{0});
  Shared& all = shared();
  std::lock_guard lock(all.mutex);
  if (all.Pages() == nullptr) {
    ranges_.clear();
    unsure_ = true;
    return;
  }
  std::vector<uint8_t> usable(rows.size());
  PageRanges ranges = all.Register(Choose(rows, usable), rows, usable);
  Find(ranges);
  for (size_t i = 0; i < rows.size(); ++i) {
    const bool known = usable[i] != 0 && !unsure_ && Contains(ranges_, rows[i]);
    unchanged[i] = known && !Meets(changed_, rows[i]) ? 1 : 0;
  }
  changed_.clear();
  unsure_ = false;
  ranges_.swap(ranges);
  if (ranges != ranges_) all.Release(ranges);
}

// Scans, and tells all watches, this one included, what was found.
void PageWatch::Find(const PageRanges& ranges) {
  Shared& all = shared();
  try {
    PageRanges found;
    for (const PageRange& range : ranges) all.pages->Scan(range, found);
    // Rows between two of them that are so near do not exist.
    MakeSet(found, kMinRow);
    for (PageWatch* watch : all.watches) watch->Tell(found);
  } catch (const std::bad_alloc&) {
    for (PageWatch* watch : all.watches) watch->unsure_ = true;
    throw;
  }
}

void PageWatch::Tell(const PageRanges& changed) noexcept {
  try {
    for (const PageRange& range : changed) {
      if (Meets(ranges_, range)) changed_.push_back(range);
    }
    MakeSet(changed_, kMinRow);
  } catch (const std::bad_alloc&) {
    unsure_ = true;
  }
}

}  // namespace ckpt
