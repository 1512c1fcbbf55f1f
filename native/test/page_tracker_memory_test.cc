// What systems do to memory beside writing to it.

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/mapping.h"
#include "core/written_pages.h"
#include "test_files.h"
#include "tracked_memory.h"

#if defined(__linux__)

namespace ckpt {
namespace {

constexpr size_t kHuge = 2 << 20;

TEST_F(Tracking, PagesThatNobodyTouchedYet) {
  Pages pages(8 * kHuge);
  PageTracker tracker;
  const Rows rows = {pages.row(0, 4 * kHuge), pages.row(4 * kHuge, 4 * kHuge)};
  (void)Scan(tracker, rows);
  EXPECT_EQ(Scan(tracker, rows), "11");
  EXPECT_EQ(*static_cast<volatile char*>(pages.data() + kHuge), 0);
  EXPECT_EQ(Scan(tracker, rows), "11") << "reading is no writing";
  pages.data()[3 * kHuge] = 1;
  EXPECT_EQ(Scan(tracker, rows), "01");
  pages.data()[3 * kHuge + PageSize()] = 1;
  EXPECT_EQ(Scan(tracker, rows), "01");
  EXPECT_EQ(Scan(tracker, rows), "11");
}

TEST_F(Tracking, WritesOfTheSystemAreWrites) {
  TempDir dir;
  WriteText(dir / "f", Pattern(100));
  const UniqueFd file(::open((dir / "f").c_str(), O_RDONLY));
  Pages pages(2 * kLarge);
  PageTracker tracker;
  const Rows rows = {pages.row(0, kLarge), pages.row(kLarge, kLarge)};
  for (const bool touched : {false, true}) {
    if (touched) pages.Fill(1);
    (void)Scan(tracker, rows);
    ASSERT_EQ(::pread(file.get(), pages.data() + 5 * PageSize() - 50, 100, 0), 100);
    EXPECT_EQ(Scan(tracker, rows), "01");
    iovec from{const_cast<char*>("abc"), 3};
    iovec to{pages.data() + kLarge, 3};
    if (::process_vm_writev(::getpid(), &from, 1, &to, 1, 0) != 3) continue;
    EXPECT_EQ(Scan(tracker, rows), "10");
  }
}

TEST_F(Tracking, MemoryThatWasReplaced) {
  Pages pages(kLarge);
  Pages others(kLarge);
  const Rows rows = {pages.row(), others.row()};
  PageTracker tracker;
  pages.Fill(1);
  (void)Scan(tracker, rows);
  EXPECT_EQ(Scan(tracker, rows), "11");
  pages.Replace();
  EXPECT_EQ(Scan(tracker, rows), "01");
  EXPECT_EQ(Scan(tracker, rows), "11");
  pages.data()[kLarge - 1] = 1;
  EXPECT_EQ(Scan(tracker, rows), "01");
}

TEST_F(Tracking, MemoryThatWasReplacedWhileAnotherLooked) {
  Pages pages(kLarge);
  PageTracker first;
  PageTracker second;
  pages.Fill(1);
  (void)Scan(first, {pages.row()});
  pages.Replace();
  (void)Scan(second, {pages.row()});
  EXPECT_EQ(Scan(first, {pages.row()}), "0");
  EXPECT_EQ(Scan(first, {pages.row()}), "1");
}

TEST_F(Tracking, MemoryThatIsGone) {
  Pages pages(3 * kLarge);
  pages.Fill(1);
  const Rows rows = {pages.row(0, kLarge), pages.row(kLarge, kLarge),
                     pages.row(2 * kLarge, kLarge)};
  PageTracker tracker;
  (void)Scan(tracker, rows);
  pages.Unmap(kLarge + PageSize(), PageSize());
  EXPECT_EQ(Scan(tracker, rows), "101");
  EXPECT_EQ(Scan(tracker, rows), "101");
  pages.Unmap(kLarge, kLarge);
  EXPECT_EQ(Scan(tracker, rows), "101");
  pages.data()[0] = 2;
  EXPECT_EQ(Scan(tracker, rows), "001");
}

TEST_F(Tracking, MemoryThatWasMoved) {
  Pages pages(kLarge);
  Pages place(kLarge);
  pages.Fill(1);
  PageTracker tracker;
  const Rows rows = {place.row()};
  (void)Scan(tracker, {pages.row()});
  (void)Scan(tracker, rows);
  constexpr int kFlags = MREMAP_MAYMOVE | MREMAP_FIXED;
  ASSERT_NE(::mremap(pages.data(), kLarge, kLarge, kFlags, place.data()), MAP_FAILED);
  pages.Forget(0, kLarge);
  EXPECT_EQ(Scan(tracker, rows), "0");
  EXPECT_EQ(Scan(tracker, rows), "1");
  place.data()[9] = 2;
  EXPECT_EQ(Scan(tracker, rows), "0");
}

// Pages that the system takes away read as zeros. Whole page tables go with some kernels.
TEST_F(Tracking, MemoryThatWasEmptied) {
  for (const int advice : {MADV_NORMAL, MADV_HUGEPAGE}) {
    Pages pages(6 * kHuge);
    ::madvise(pages.data(), 6 * kHuge, advice);
    pages.Fill(1);
    const Rows rows = {pages.row(0, 3 * kHuge), pages.row(3 * kHuge, 3 * kHuge)};
    PageTracker tracker;
    (void)Scan(tracker, rows);
    EXPECT_EQ(Scan(tracker, rows), "11");
    for (const size_t size : {PageSize(), kHuge, 3 * kHuge}) {
      ASSERT_EQ(::madvise(pages.data(), size, MADV_DONTNEED), 0);
      EXPECT_EQ(Scan(tracker, rows), "01") << size;
      EXPECT_EQ(Scan(tracker, rows), "11") << size;
      pages.Fill(1);
      EXPECT_EQ(Scan(tracker, rows), "00");
    }
    pages.data()[5 * kHuge] = 3;
    EXPECT_EQ(Scan(tracker, rows), "10");
  }
}

TEST_F(Tracking, ResizedInPlace) {
  Pages pages(4 * kHuge);
  pages.Fill(1);
  PageTracker tracker;
  const Rows rows = {pages.row()};
  (void)Scan(tracker, rows);
  ASSERT_EQ(::mremap(pages.data(), 4 * kHuge, 2 * kHuge, 0), pages.data());
  if (::mremap(pages.data(), 2 * kHuge, 4 * kHuge, 0) != pages.data()) GTEST_SKIP();
  EXPECT_EQ(Scan(tracker, rows), "0");
  EXPECT_EQ(Scan(tracker, rows), "1");
}

TEST_F(Tracking, PrivateMappingsOfFiles) {
  TempDir dir;
  WriteText(dir / "f", Pattern(4 * kLarge));
  const auto mapping = Mapping::Open(dir / "f").value();
  const Bytes bytes = mapping->bytes();
  const Rows rows = {bytes.first(kLarge), bytes.subspan(kLarge + 100, 2 * kLarge)};
  PageTracker tracker;
  (void)Scan(tracker, rows);
  EXPECT_EQ(Scan(tracker, rows), "11");
  EXPECT_EQ(std::memcmp(bytes.data(), Pattern(4 * kLarge).data(), 4 * kLarge), 0);
  EXPECT_EQ(Scan(tracker, rows), "11") << "reading brings pages and changes none";
  for (int i = 0; i < 2; ++i) {
    mapping->bytes()[2 * kLarge] ^= std::byte{1};
    EXPECT_EQ(Scan(tracker, rows), "10");
    EXPECT_EQ(Scan(tracker, rows), "11");
  }
  EXPECT_EQ(ReadText(dir / "f"), Pattern(4 * kLarge));
}

TEST_F(Tracking, SharedMemoryIsNeverClean) {
  TempDir dir;
  WriteText(dir / "f", Pattern(kLarge));
  const UniqueFd file(::open((dir / "f").c_str(), O_RDWR));
  Pages of_file(kLarge, MAP_SHARED, file.get());
  Pages anonymous(kLarge, MAP_SHARED | MAP_ANONYMOUS);
  Pages own(kLarge);
  const Rows rows = {of_file.row(), anonymous.row(), own.row()};
  PageTracker tracker;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Scan(tracker, rows), i == 0 ? "000" : "001");
}

TEST_F(Tracking, HugePagesOfHugetlbAreNeverClean) {
  Pages pages(kHuge, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
  if (pages.data() == nullptr) GTEST_SKIP() << "this system keeps no huge pages";
  Pages own(kLarge);
  PageTracker tracker;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Scan(tracker, {pages.row(), own.row()}), i == 0 ? "00" : "01");
  }
}

TEST_F(Tracking, MemoryThatAnotherOneTracks) {
  Pages pages(3 * kLarge);
  const Rows rows = {pages.row(0, kLarge), pages.row(kLarge, kLarge),
                     pages.row(2 * kLarge, kLarge)};
  const std::unique_ptr<WrittenPages> other = WrittenPages::Open();
  ASSERT_TRUE(other->Register(PagesOf(rows[1])));
  PageTracker tracker;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Scan(tracker, rows), i == 0 ? "000" : "101");
  pages.data()[2 * kLarge] = 1;
  EXPECT_EQ(Scan(tracker, rows), "100");
}

}  // namespace
}  // namespace ckpt

#endif
