#include "core/pieces.h"

#include <gtest/gtest.h>

#include <set>

namespace ckpt {
namespace {

// Every byte of every row belongs to one piece, rows in order.
void ExpectCover(const std::vector<uint64_t>& lengths, int threads) {
  const auto length = [&](size_t row) { return lengths[row]; };
  size_t row = 0;
  uint64_t begin = 0;
  for (const Piece& piece : CutPieces(lengths.size(), threads, length)) {
    EXPECT_LE(piece.length, kMaxPieceBytes);
    ASSERT_EQ(piece.first, row);
    ASSERT_EQ(piece.begin, begin);
    if (piece.count > 1) {
      uint64_t sum = 0;
      for (size_t i = 0; i < piece.count; ++i) sum += lengths[row + i];
      EXPECT_EQ(piece.length, sum);
      row += piece.count;
    } else if (begin + piece.length < lengths[row]) {
      begin += piece.length;
    } else {
      ++row;
      begin = 0;
    }
  }
  EXPECT_EQ(row, lengths.size());
}

TEST(Pieces, CoverAllRows) {
  ExpectCover({}, 2);
  ExpectCover({0}, 2);
  ExpectCover({0, 0, 100 << 20, 0, 5, 0}, 2);
  ExpectCover({kMaxPieceBytes, kMaxPieceBytes + 1, 1, 2 * kMaxPieceBytes}, 1);
  ExpectCover(std::vector<uint64_t>(10000, 256), 16);
  ExpectCover(std::vector<uint64_t>(300, 1 << 20), 3);
}

TEST(Parallel, FirstFailureWinsAndStopsTheRest) {
  std::atomic<int> started{0};
  const auto body = [&](size_t i) {
    ++started;
    return i == 3 ? Status::Invalid("three") : Status::Ok();
  };
  EXPECT_EQ(RunParallel(1000, 4, body).code, Code::kInvalid);
  // How many others run meanwhile is up to the scheduler; on one thread there is no meanwhile.
  started = 0;
  EXPECT_EQ(RunParallel(1000, 1, body).code, Code::kInvalid);
  EXPECT_EQ(started.load(), 4);
}

TEST(Parallel, EachIndexRunsOnce) {
  std::mutex mutex;
  std::multiset<size_t> seen;
  EXPECT_TRUE(RunParallel(500, 16, [&](size_t i) {
                std::lock_guard lock(mutex);
                seen.insert(i);
                return Status::Ok();
              }).ok());
  EXPECT_EQ(seen.size(), 500u);
  EXPECT_EQ(std::set<size_t>(seen.begin(), seen.end()).size(), 500u);
}

TEST(Parallel, AFailedAllocationIsAStatus) {
  const Status status = RunParallel(1, 1, [](size_t) -> Status { throw std::bad_alloc(); });
  EXPECT_EQ(status.os_errno, ENOMEM);
}

}  // namespace
}  // namespace ckpt
