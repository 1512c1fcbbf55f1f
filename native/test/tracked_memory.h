#pragma once
// Memory for tests of PageTracker.

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/page_tracker.h"

namespace ckpt {

inline constexpr size_t kLarge = 256 << 10;

// Pages of the system's, private unless told otherwise. Nothing of them exists before it is
// touched.
class Pages {
 public:
  explicit Pages(size_t size, int flags = MAP_PRIVATE | MAP_ANONYMOUS, int fd = -1) : size_(size) {
    void* const address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (address != MAP_FAILED) data_ = static_cast<char*>(address);
  }
  ~Pages() {
    if (data_ == nullptr) return;
    MakeSet(gone_);
    for (const PageRange& range : Without({PagesOf(row())}, gone_)) {
      ::munmap(reinterpret_cast<void*>(range.start), range.end - range.start);
    }
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  char* data() const { return data_; }
  void Fill(char byte) { std::memset(data_, byte, size_); }
  Bytes row(size_t start, size_t size) const {
    return {reinterpret_cast<const std::byte*>(data_ + start), size};
  }
  Bytes row() const { return row(0, size_); }
  void Unmap(size_t start, size_t size) {
    ::munmap(data_ + start, size);
    Forget(start, size);
  }
  // Somebody else may get this part of the addresses from now on.
  void Forget(size_t start, size_t size) { gone_.push_back(PagesOf(row(start, size))); }
  // New memory at the same place.
  void Replace() {
    ::munmap(data_, size_);
    constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    ASSERT_EQ(::mmap(data_, size_, PROT_READ | PROT_WRITE, kFlags, -1, 0), data_);
  }

 private:
  size_t size_;
  char* data_ = nullptr;
  PageRanges gone_;
};

using Rows = std::vector<Bytes>;

// "1" for each clean row, "0" for the others.
inline std::string Scan(PageTracker& tracker, const Rows& rows) {
  std::vector<uint8_t> clean(rows.size(), 7);
  EXPECT_TRUE(tracker.Scan(rows, clean).ok());
  std::string text;
  for (const uint8_t value : clean) text += static_cast<char>('0' + value);
  return text;
}

class Tracking : public testing::Test {
 protected:
  void SetUp() override {
    if (!PageTracker::Available()) GTEST_SKIP() << "this system does not tell of written pages";
  }
};

}  // namespace ckpt
