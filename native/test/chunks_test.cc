#include "core/chunks.h"

#include <random>

#include "test_files.h"

namespace ckpt {
namespace {

TEST(Chunks, CoverEveryShardInOrder) {
  const std::vector<Shard> shards{
      {0, 0, 0}, {1, 0, 0}, {kChunkBytes, 0, 0}, {2 * kChunkBytes + 5, 0, 0}};
  const Chunks chunks(shards);
  ASSERT_EQ(chunks.size(), 6u);
  const uint64_t expected[][3] = {{0, 0, 0},
                                  {1, 0, 1},
                                  {2, 0, kChunkBytes},
                                  {3, 0, kChunkBytes},
                                  {3, kChunkBytes, kChunkBytes},
                                  {3, 2 * kChunkBytes, 5}};
  for (size_t i = 0; i < chunks.size(); ++i) {
    EXPECT_EQ(chunks[i].number, i);
    EXPECT_EQ(chunks[i].shard, expected[i][0]);
    EXPECT_EQ(chunks[i].begin, expected[i][1]);
    EXPECT_EQ(chunks[i].length, expected[i][2]);
  }
}

TEST(Chunks, OfAnythingClaimedTakeNoMemory) {
  const std::vector<Shard> shards{{uint64_t{1} << 53, 0, 0}};
  const Chunks chunks(shards);
  EXPECT_EQ(chunks.size(), (uint64_t{1} << 53) / kChunkBytes);
  EXPECT_EQ(chunks[chunks.size() - 1].length, kChunkBytes);
}

// Rows of random lengths, heads and gaps, summed chunk by chunk in any order.
TEST(Chunks, PartsAndSumsMakeUpTheRows) {
  std::mt19937 random(7);
  const std::string bytes = Pattern(12 << 20);
  for (int round = 0; round < 20; ++round) {
    ShardLayout layout;
    layout.shards.resize(1);
    uint64_t end = 0;
    while (end < 11 << 20) {
      ShardRow row;
      row.offset = end + random() % 100;
      row.head = AsBytes(bytes).subspan(0, random() % 50);
      const uint64_t longest = random() % 3 == 0 ? 6 << 20 : 1000;
      row.source = AsBytes(bytes).subspan(random() % 1000, random() % longest);
      end = row.end();
      layout.rows.push_back(row);
      layout.seeds.push_back(random());
    }
    layout.shards[0] = {end + 3, 0, layout.rows.size()};
    const Chunks chunks(layout.shards);
    RowSums sums(layout.seeds);
    std::vector<uint64_t> seen(layout.rows.size());
    for (size_t i = chunks.size(); i-- > 0;) {
      const Chunk chunk = chunks[i];
      uint64_t at = 0;
      ForEachPart(layout, chunk, [&](const RowPart& part) {
        ASSERT_GE(part.at, at);
        at = part.at + part.bytes.size();
        ASSERT_LE(at, chunk.length);
        seen[part.row] += part.bytes.size();
        if (!part.is_source) return;
        sums.Sum(chunk, part, [&](uint32_t* sum) { *sum = Crc32cExtend(*sum, part.bytes); });
      });
    }
    const std::vector<uint32_t> joined = std::move(sums).Join();
    for (size_t row = 0; row < layout.rows.size(); ++row) {
      EXPECT_EQ(seen[row], layout.rows[row].head.size() + layout.rows[row].source.size());
      EXPECT_EQ(joined[row], Crc32cExtend(layout.seeds[row], layout.rows[row].source));
    }
  }
}

}  // namespace
}  // namespace ckpt
