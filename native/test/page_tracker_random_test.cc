// Random writes by random ways against kept copies: clean rows have not changed, and large rows to
// whose pages nobody wrote are clean.

#include <fcntl.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "core/mapping.h"
#include "test_files.h"
#include "tracked_memory.h"

namespace ckpt {
namespace {

constexpr size_t kArea = 6 << 20;
constexpr size_t kWrite = 20'000;

using Random = std::mt19937;

size_t Below(Random& random, size_t bound) { return random() % bound; }

// One tracker, what it saw at its last scan, and the pages written to since.
struct Model {
  PageTracker tracker;
  Rows rows;
  std::vector<std::string> seen;
  std::vector<char> written;
};

Rows RandomRows(Random& random, Bytes area) {
  Rows rows(Below(random, 12));
  for (Bytes& row : rows) {
    constexpr size_t kMost[] = {1, 100, 10'000, 2 * PageTracker::kMinTracked, 1 << 20, 1 << 21};
    const size_t size = Below(random, kMost[Below(random, std::size(kMost))]);
    row = area.subspan(Below(random, area.size() - size), size);
  }
  return rows;
}

class Writer {
 public:
  explicit Writer(std::span<std::byte> area) : area_(area) {
    WriteText(dir_ / "f", Pattern(kWrite));
    file_ = UniqueFd(::open((dir_ / "f").c_str(), O_RDONLY));
  }

  // Returns where it wrote.
  std::span<std::byte> Write(Random& random) {
    const size_t size = 1 + Below(random, Below(random, 2) == 0 ? 10 : kWrite);
    const auto target = area_.subspan(Below(random, area_.size() - size), size);
    const auto byte = static_cast<int>(Below(random, 256));
    switch (Below(random, 4)) {
      case 0:
        for (std::byte& old : target) old ^= std::byte{1};
        break;
      case 1:
        std::memset(target.data(), byte, size);
        break;
      case 2:
        EXPECT_EQ(::pread(file_.get(), target.data(), size, 0), static_cast<ssize_t>(size));
        break;
      default:
        std::thread([&] { std::memset(target.data(), byte, size); }).join();
    }
    return target;
  }

 private:
  std::span<std::byte> area_;
  TempDir dir_;
  UniqueFd file_;
};

bool IsWritten(const Model& model, Bytes area, PageRange pages) {
  const auto base = reinterpret_cast<uintptr_t>(area.data());
  for (uintptr_t page = pages.start; page < pages.end; page += PageSize()) {
    if (model.written[(page - base) / PageSize()] != 0) return true;
  }
  return false;
}

void ScanAndCheck(Model& model, Bytes area, const Rows& rows) {
  std::vector<uint8_t> clean(rows.size());
  std::vector<uint8_t> racing(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) racing[i] = rows[i].size() % 4 == 1;
  ASSERT_TRUE(model.tracker.Scan(rows, clean, racing).ok());
  for (size_t i = 0; i < rows.size(); ++i) {
    const Bytes row = rows[i];
    const bool same = i < model.rows.size() && model.rows[i].size() == row.size() &&
                      (row.empty() || model.rows[i].data() == row.data());
    const bool equal =
        same && (row.empty() || std::memcmp(row.data(), model.seen[i].data(), row.size()) == 0);
    if (clean[i] != 0) {
      ASSERT_TRUE(equal);
    } else if (equal && row.size() >= PageTracker::kMinTracked) {
      const PageRange pages = racing[i] != 0 ? PagesOf(row) : PagesInside(row);
      ASSERT_TRUE(IsWritten(model, area, pages)) << "row " << i << " of " << row.size();
    } else if (equal) {
      ASSERT_NE(racing[i], 0);
    }
  }
  model.rows = rows;
  model.seen.clear();
  for (const Bytes row : rows) {
    model.seen.emplace_back(reinterpret_cast<const char*>(row.data()), row.size());
  }
  std::fill(model.written.begin(), model.written.end(), 0);
}

void WriteAndScan(std::span<std::byte> area, uint32_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  Writer writer(area);
  std::vector<std::unique_ptr<Model>> models(3);
  for (int step = 0; step < 400 && !testing::Test::HasFatalFailure(); ++step) {
    for (size_t n = Below(random, 4); n > 0; --n) {
      const std::span<std::byte> target = writer.Write(random);
      const auto first = static_cast<size_t>(target.data() - area.data()) / PageSize();
      const auto last = static_cast<size_t>(target.data() + target.size() - 1 - area.data());
      for (const auto& model : models) {
        if (!model) continue;
        for (size_t i = first; i <= last / PageSize(); ++i) model->written[i] = 1;
      }
    }
    std::unique_ptr<Model>& model = models[Below(random, models.size())];
    if (!model || Below(random, 40) == 0) {
      model = std::make_unique<Model>();
      model->written.resize(area.size() / PageSize() + 1);
    }
    ScanAndCheck(*model, area,
                 Below(random, 5) == 0 ? RandomRows(random, area) : Rows(model->rows));
  }
}

TEST_F(Tracking, RandomWritesToMemory) {
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    Pages pages(kArea);
    if (seed == 2) pages.Fill(1);
#if defined(MADV_HUGEPAGE)
    if (seed == 3) ::madvise(pages.data(), kArea, MADV_HUGEPAGE);
#endif
    WriteAndScan({reinterpret_cast<std::byte*>(pages.data()), kArea}, seed);
  }
}

TEST_F(Tracking, RandomWritesToAMappedFile) {
  TempDir dir;
  WriteText(dir / "f", Pattern(kArea));
  const auto mapping = Mapping::Open(dir / "f").value();
  WriteAndScan(mapping->bytes(), 4);
}

}  // namespace
}  // namespace ckpt
