#include "core/shard_writer.h"
#include "test_plan.h"

namespace ckpt {
namespace {

// Rows in two shards, one of them empty, one with a head.
class Refill : public testing::Test {
 protected:
  Refill() {
    plan_.mode = Mode::kImage;
    plan_.heads = "HEAD";
    plan_.texts = {Pattern(300'000, 1), Pattern(70'000, 2), "", Pattern(64, 3)};
    plan_.sizes = {400'000, 200};
    plan_.Row(0, 0, 0, 4, 0);
    plan_.Row(0, 300'100, 0, 0, 1);
    plan_.Row(0, 390'000, 0, 0, 2);
    plan_.Row(1, 10, 0, 2, 3);
  }

  std::shared_ptr<Snapshot> First() {
    EXPECT_TRUE(plan_.Prepare().ok());
    plan_.plan.snapshot->Fill();
    return std::move(plan_.plan.snapshot);
  }

  ShardLayout Layout() {
    plan_.sources.clear();
    for (const std::string& text : plan_.texts) plan_.sources.push_back(AsBytes(text));
    return ReadLayout({plan_.sizes, plan_.extents, AsBytes(plan_.heads), plan_.sources}).value();
  }

  std::vector<uint8_t> Again(std::shared_ptr<Snapshot>& last) {
    ShardLayout layout = Layout();
    RefilledImage* refilled = nullptr;
    snapshot_ = SnapshotRefilled(layout, last, &refilled);
    EXPECT_NE(snapshot_, nullptr);
    std::vector<uint8_t> same(layout.rows.empty() ? 4 : layout.rows.size(), 9);
    changed_ = refilled->Changed();
    refilled->Refill(same);
    return same;
  }

  std::string RowText(size_t row) const {
    const ShardRow found = snapshot_->RowAt(row);
    std::string text(reinterpret_cast<const char*>(found.head.data()), found.head.size());
    return text.append(reinterpret_cast<const char*>(found.source.data()), found.source.size());
  }

  TestPlan plan_;
  std::shared_ptr<Snapshot> snapshot_;
  double changed_ = -1;
};

TEST_F(Refill, TellsWhatIsTheSame) {
  auto last = First();
  EXPECT_EQ(Again(last), (std::vector<uint8_t>{1, 1, 1, 1}));
  EXPECT_EQ(last, nullptr) << "its memory is used up";
  EXPECT_EQ(changed_, 0);
  EXPECT_EQ(RowText(0), "HEAD" + plan_.texts[0]);
  EXPECT_EQ(RowText(3), "HE" + plan_.texts[3]);
}

TEST_F(Refill, SeesEveryByte) {
  auto last = First();
  for (size_t at : {size_t{0}, size_t{65'535}, size_t{65'536}, size_t{131'072}, size_t{299'999}}) {
    plan_.texts[0][at] ^= 1;
    EXPECT_EQ(Again(last), (std::vector<uint8_t>{0, 1, 1, 1})) << at;
    EXPECT_EQ(RowText(0), "HEAD" + plan_.texts[0]) << at;
    last = std::move(snapshot_);
  }
  plan_.heads = "HEAd";
  EXPECT_EQ(Again(last), (std::vector<uint8_t>{0, 1, 1, 1}));
  EXPECT_EQ(RowText(0), "HEAd" + plan_.texts[0]);
}

// So much that two threads share the work, and one array in parts.
TEST_F(Refill, SeesEveryByteOfALargeState) {
  plan_.texts[0] = Pattern(40'000'000, 1);
  plan_.texts[1] = Pattern(9'000'000, 2);
  plan_.sizes = {60'000'000, 200};
  plan_.extents.clear();
  plan_.Row(0, 0, 0, 4, 0);
  plan_.Row(0, 40'000'064, 0, 0, 1);
  plan_.Row(0, 50'000'000, 0, 0, 2);
  plan_.Row(1, 10, 0, 2, 3);
  auto last = First();
  EXPECT_EQ(Again(last), (std::vector<uint8_t>{1, 1, 1, 1}));
  last = std::move(snapshot_);
  for (size_t at : {size_t{0}, size_t{8 << 20}, size_t{20'000'000}, size_t{39'999'999}}) {
    plan_.texts[0][at] ^= 1;
    EXPECT_EQ(Again(last), (std::vector<uint8_t>{0, 1, 1, 1})) << at;
    EXPECT_TRUE(RowText(0) == "HEAD" + plan_.texts[0]) << at;
    last = std::move(snapshot_);
  }
  for (char& c : plan_.texts[0]) c = static_cast<char>(~c);
  plan_.texts[1].back() ^= 1;
  plan_.heads = "hEAD";
  EXPECT_EQ(Again(last), (std::vector<uint8_t>{0, 0, 1, 0}));
  EXPECT_TRUE(RowText(0) == "hEAD" + plan_.texts[0]);
  EXPECT_TRUE(RowText(1) == plan_.texts[1]);
  EXPECT_EQ(RowText(3), "hE" + plan_.texts[3]);
}

TEST_F(Refill, SamplesFindWhatChangesEverywhere) {
  auto last = First();
  plan_.texts[0] = Pattern(300'000, 7);
  EXPECT_EQ(Again(last), (std::vector<uint8_t>{0, 1, 1, 1}));
  EXPECT_GT(changed_, 0.8);
}

TEST_F(Refill, NotOfAnotherLayoutNorOfOneInUse) {
  auto last = First();
  RefilledImage* refilled = nullptr;
  ShardLayout layout = Layout();
  const auto user = last;
  EXPECT_EQ(SnapshotRefilled(layout, last, &refilled), nullptr);
  EXPECT_EQ(layout.rows.size(), 4u) << "it can be used for a copy of its own";
  auto other = First();
  plan_.texts[1] += "longer";
  ShardLayout longer = Layout();
  EXPECT_EQ(SnapshotRefilled(longer, other, &refilled), nullptr);
  EXPECT_NE(other, nullptr);
  auto live = SnapshotLive(Layout());
  ShardLayout same = Layout();
  EXPECT_EQ(SnapshotRefilled(same, live, &refilled), nullptr);
}

TEST_F(Refill, APartIsWrittenByItself) {
  for (Mode mode : {Mode::kLive, Mode::kImage, Mode::kFork}) {
    plan_.mode = mode;
    ASSERT_TRUE(plan_.Prepare().ok());
    auto whole = std::move(plan_.plan.snapshot);
    whole->Fill();
    ASSERT_TRUE(whole->SetHead(0, AsBytes(std::string("TAIL")), 0).ok());
    const std::vector<double> sizes{300'004, 100};
    const std::vector<double> rows{0, 0, 0, 1, 30, 3};
    auto part = SnapshotPart(*whole, sizes, rows);
    ASSERT_TRUE(part.ok());
    plan_.plan.snapshot = std::move(part).value();
    plan_.plan.first_shard = 5;
    auto written = WriteShards(plan_.plan, nullptr, plan_.job);
    ASSERT_TRUE(written.ok()) << written.status().message;
    const ShardResult& result = written.value();
    EXPECT_EQ(ReadText(result.staging->PathOf("shard-5")), "TAIL" + plan_.texts[0]);
    EXPECT_EQ(ReadText(result.staging->PathOf("shard-6")).substr(30),
              "HE" + plan_.texts[3] + std::string(4, '\0'));
    EXPECT_EQ(result.crcs[1], Crc32cExtend(0, AsBytes(plan_.texts[3])));
    EXPECT_EQ(result.files[0].size, 300'004u);
  }
}

TEST_F(Refill, APartHasRowsOfTheWhole) {
  auto whole = First();
  const auto fails = [&](std::vector<double> sizes, std::vector<double> rows) {
    return !SnapshotPart(*whole, sizes, rows).ok();
  };
  EXPECT_TRUE(fails({400'000}, {0, 0, 4}));
  EXPECT_TRUE(fails({400'000}, {0, 0}));
  EXPECT_TRUE(fails({400'000}, {1, 0, 0}));
  EXPECT_TRUE(fails({300'003}, {0, 0, 0}));
  EXPECT_TRUE(fails({400'000}, {0, 0, 0, 0, 300'000, 1}));
  EXPECT_TRUE(fails({400'000}, {0, 0, -1}));
}

}  // namespace
}  // namespace ckpt
