#include "core/page_tracker.h"

#include <thread>

#include "test_files.h"
#include "tracked_memory.h"

namespace ckpt {
namespace {

TEST(PageTracker, ComparesSmallRowsOnEverySystem) {
  PageTracker tracker;
  std::string a = Pattern(1000);
  std::string b = Pattern(PageTracker::kMinTracked - 1);
  Rows rows = {AsBytes(a), AsBytes(b), AsBytes(a)};
  EXPECT_EQ(Scan(tracker, rows), "000");
  EXPECT_EQ(Scan(tracker, rows), "111");
  a[999] ^= 1;
  EXPECT_EQ(Scan(tracker, rows), "010");
  EXPECT_EQ(Scan(tracker, rows), "111");
  b[0] = b[0];
  rows[2] = AsBytes(a).first(999);
  EXPECT_EQ(Scan(tracker, rows), "110");
  EXPECT_EQ(Scan(tracker, rows), "111");
  rows.pop_back();
  EXPECT_EQ(Scan(tracker, rows), "11");
  rows.push_back(AsBytes(a).first(999));
  EXPECT_EQ(Scan(tracker, rows), "110");
}

TEST(PageTracker, EmptyRowsAreCleanIfTheyWereEmpty) {
  PageTracker tracker;
  const std::string a = "a";
  EXPECT_EQ(Scan(tracker, {{}, AsBytes(a)}), "00");
  EXPECT_EQ(Scan(tracker, {{}, {}, {}}), "100");
  EXPECT_EQ(Scan(tracker, {AsBytes(a).first(0), AsBytes(a), {}}), "101");
  EXPECT_EQ(Scan(tracker, {}), "");
  EXPECT_EQ(Scan(tracker, {{}}), "0");
}

TEST(PageTracker, KeepsNoMoreCopiesThanItMay) {
  PageTracker tracker;
  const std::string data(PageTracker::kMinTracked - 1, 'x');
  const size_t fitting = PageTracker::kMaxCopied / data.size();
  Rows rows(fitting + 5, AsBytes(data));
  rows.push_back({});
  (void)Scan(tracker, rows);
  const std::string expected = std::string(fitting, '1') + "00000" + '1';
  EXPECT_EQ(Scan(tracker, rows), expected);
  EXPECT_EQ(Scan(tracker, rows), expected);
}

TEST(PageTracker, WantsOneResultForEachRow) {
  PageTracker tracker;
  std::vector<uint8_t> clean(2);
  const Rows rows(1);
  EXPECT_EQ(tracker.Scan(rows, clean).code, Code::kInvalid);
}

TEST(PageTracker, GivesEverythingBack) {
  const int64_t before = LiveCount(Kind::kTracker);
  const int descriptors = OpenDescriptors();
  {
    Pages pages(kLarge);
    PageTracker tracker;
    (void)Scan(tracker, {pages.row()});
    EXPECT_EQ(LiveCount(Kind::kTracker), before + 1);
  }
  EXPECT_EQ(LiveCount(Kind::kTracker), before);
  EXPECT_EQ(OpenDescriptors(), descriptors);
}

TEST_F(Tracking, FindsTheRowThatWasWritten) {
  Pages pages(4 * kLarge);
  pages.Fill(1);
  PageTracker tracker;
  Rows rows;
  for (size_t i = 0; i < 4; ++i) rows.push_back(pages.row(i * kLarge, kLarge));
  EXPECT_EQ(Scan(tracker, rows), "0000");
  EXPECT_EQ(Scan(tracker, rows), "1111");
  for (size_t i = 0; i < 4; ++i) {
    pages.data()[i * kLarge + (i % 2 == 0 ? 0 : kLarge - 1)] = 2;
    std::string expected = "1111";
    expected[i] = '0';
    EXPECT_EQ(Scan(tracker, rows), expected);
  }
  pages.data()[5] = pages.data()[5];
  volatile char* const same = pages.data() + kLarge;
  *same = *same;
  EXPECT_EQ(Scan(tracker, rows).substr(1), "011") << "the same byte is a write, too";
}

TEST_F(Tracking, ARowIsKnownByPlaceAddressAndLength) {
  Pages pages(4 * kLarge);
  PageTracker tracker;
  const Bytes a = pages.row(0, kLarge);
  const Bytes b = pages.row(kLarge, kLarge);
  (void)Scan(tracker, {a, b});
  EXPECT_EQ(Scan(tracker, {b, a}), "00");
  EXPECT_EQ(Scan(tracker, {b, a}), "11");
  EXPECT_EQ(Scan(tracker, {b, a.first(kLarge - 1)}), "10");
  EXPECT_EQ(Scan(tracker, {b, a.first(kLarge - 1), a}), "110");
  EXPECT_EQ(Scan(tracker, {b}), "1");
  EXPECT_EQ(Scan(tracker, {b, a}), "10");
  EXPECT_EQ(Scan(tracker, {b, {}}), "10");
}

TEST_F(Tracking, RowsMayOverlapAndShareTheirFirstAndLastPages) {
  Pages pages(4 * kLarge);
  PageTracker tracker;
  const size_t half = PageSize() / 2;
  const Rows rows = {pages.row(0, kLarge + half), pages.row(kLarge + half, kLarge),
                     pages.row(kLarge / 2, kLarge), pages.row(0, kLarge + half),
                     pages.row(3 * kLarge, kLarge)};
  EXPECT_EQ(Scan(tracker, rows), "00000");
  EXPECT_EQ(Scan(tracker, rows), "11111");
  pages.data()[kLarge + half - 1] = 1;
  EXPECT_EQ(Scan(tracker, rows), "01001") << "the second shares a page with the first";
  pages.data()[kLarge + half] = 1;
  EXPECT_EQ(Scan(tracker, rows), "10011");
  pages.data()[0] = 1;
  EXPECT_EQ(Scan(tracker, rows), "01101");
  pages.data()[2 * kLarge] = 1;
  EXPECT_EQ(Scan(tracker, rows), "10111");
  EXPECT_EQ(Scan(tracker, rows), "11111");
}

TEST_F(Tracking, RacingRowsAreNeverCompared) {
  Pages pages(2 * kLarge);
  const size_t half = PageSize() / 2;
  const Rows rows = {pages.row(half, kLarge), pages.row(half + kLarge, 1000), {}};
  const std::vector<uint8_t> racing = {1, 1, 1};
  std::vector<uint8_t> clean(3);
  PageTracker tracker;
  const auto scan = [&] {
    EXPECT_TRUE(tracker.Scan(rows, clean, racing).ok());
    return clean;
  };
  using Clean = std::vector<uint8_t>;
  EXPECT_EQ(scan(), (Clean{0, 0, 0}));
  EXPECT_EQ(scan(), (Clean{1, 0, 1}));
  for (const size_t at : {half, half + kLarge / 2, half + kLarge - 1}) {
    volatile char* const byte = pages.data() + at;
    *byte = 1;
    *byte = 0;
    EXPECT_EQ(scan(), (Clean{0, 0, 1})) << "back at its old value";
    EXPECT_EQ(scan(), (Clean{1, 0, 1}));
  }
  EXPECT_EQ(Scan(tracker, rows), "000") << "known in another way now";
}

TEST_F(Tracking, ATrackerHearsWhatAnotherOneFound) {
  Pages pages(2 * kLarge);
  pages.Fill(1);
  const Rows rows = {pages.row(0, kLarge), pages.row(kLarge, kLarge)};
  PageTracker first;
  (void)Scan(first, rows);
  {
    PageTracker second;
    pages.data()[7] = 2;
    EXPECT_EQ(Scan(second, {rows[0]}), "0") << "this takes the trace of the write away";
    EXPECT_EQ(Scan(second, {rows[0]}), "1");
    EXPECT_EQ(Scan(first, rows), "01");
    EXPECT_EQ(Scan(first, rows), "11");
    pages.data()[kLarge] = 2;
    EXPECT_EQ(Scan(first, rows), "10");
    EXPECT_EQ(Scan(second, {rows[1]}), "0");
    pages.data()[0] = 2;
  }
  EXPECT_EQ(Scan(first, rows), "01") << "what goes with the second does not take this along";
  EXPECT_EQ(Scan(first, rows), "11");
}

TEST_F(Tracking, WatchesTheLargestOfTooManyRows) {
  constexpr size_t kStep = 2 * PageTracker::kMinTracked;
  constexpr size_t kCount = PageWatch::kMaxRanges + 50;
  Pages pages(kCount * kStep);
  Rows rows;
  for (size_t i = 0; i < kCount; ++i) {
    rows.push_back(pages.row(i * kStep, kStep - (i < 100 ? 2 : 1) * PageSize()));
  }
  PageTracker tracker;
  (void)Scan(tracker, rows);
  const std::string clean = Scan(tracker, rows);
  EXPECT_EQ(std::count(clean.begin(), clean.end(), '1'), PageWatch::kMaxRanges);
  EXPECT_EQ(clean.find_last_of('0'), 99u) << "the smaller ones are left out";
  PageTracker late;
  (void)Scan(late, {rows[0]});
  EXPECT_EQ(Scan(late, {rows[0]}), "0") << "there is no room left";
  // Neighbours are one range.
  (void)Scan(tracker, {pages.row()});
  (void)Scan(late, {rows[0]});
  EXPECT_EQ(Scan(late, {rows[0]}), "1");
}

TEST_F(Tracking, ARowWithoutRoomHearsNothingAndIsNotClean) {
  constexpr size_t kStep = 2 * PageTracker::kMinTracked;
  Pages many((PageWatch::kMaxRanges)*kStep);
  Pages pages(kLarge);
  Rows rows;
  for (size_t i = 0; i < PageWatch::kMaxRanges - 1; ++i) {
    rows.push_back(many.row(i * kStep, PageTracker::kMinTracked));
  }
  PageTracker greedy;
  PageTracker second;
  PageTracker third;
  (void)Scan(greedy, rows);
  (void)Scan(second, {pages.row()});
  (void)Scan(third, {pages.row()});
  (void)Scan(greedy, {});
  pages.data()[0] = 1;
  (void)Scan(second, {pages.row()});
  EXPECT_EQ(Scan(third, {pages.row()}), "0") << "it had no room when the second took the trace";
  EXPECT_EQ(Scan(third, {pages.row()}), "1");
}

TEST_F(Tracking, TrackersOnThreadsMissNothing) {
  constexpr size_t kRows = 16;
  constexpr int kRounds = 100;
  Pages pages(kRows * kLarge);
  Rows rows;
  for (size_t i = 0; i < kRows; ++i) rows.push_back(pages.row(i * kLarge, kLarge));
  std::vector<std::thread> threads;
  for (size_t id = 0; id < 3; ++id) {
    threads.emplace_back([&, id] {
      PageTracker tracker;
      (void)Scan(tracker, rows);
      for (int round = 0; round < kRounds; ++round) {
        const size_t i = (static_cast<size_t>(round) * 7 + id * 5) % kRows;
        // A page of its own in the row, so that no two threads write to one byte.
        pages.data()[i * kLarge + id * PageSize()] += 1;
        if (Scan(tracker, rows)[i] != '0') ADD_FAILURE() << "round " << round;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace ckpt
