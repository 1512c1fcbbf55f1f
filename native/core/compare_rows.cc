#include "compare_rows.h"

#include <fcntl.h>

#include <atomic>
#include <cstring>

#include "aligned_buffer.h"
#include "chunks.h"
#include "durable.h"
#include "extent.h"
#include "parallel.h"

namespace ckpt {
namespace {

constexpr size_t kColumns = 3;
constexpr int kNowhere = -2;
constexpr int kInLast = -1;

// Where the earlier bytes of a row are.
struct Earlier {
  int file = kNowhere;
  uint64_t at = 0;
};

class Comparer {
 public:
  Comparer(const ComparePlan& plan, Job& job)
      : plan_(plan),
        layout_(plan.snapshot->layout()),
        job_(job),
        chunks_(layout_.shards),
        sums_(layout_.seeds),
        earlier_(layout_.rows.size()),
        same_(layout_.rows.size()) {}

  Status Run() {
    CKPT_TRY(ReadRows());
    OpenFiles();
    const int wanted = std::min(plan_.threads, plan_.snapshot->max_readers());
    return RunParallel(static_cast<size_t>(std::max(wanted, 1)), wanted,
                       [&](size_t) { return Work(); });
  }

  Comparison Take() && {
    Comparison result;
    for (const std::atomic<bool>& same : same_) result.same.push_back(same ? 1 : 0);
    result.crcs = std::move(sums_).Join();
    result.files = std::move(identities_);
    return result;
  }

 private:
  Status ReadRows() {
    if (plan_.rows.size() % kColumns != 0) return Status::Invalid("rows have no whole last row");
    for (size_t i = 0; i < plan_.rows.size(); i += kColumns) {
      CKPT_TRY(ReadRow(plan_.rows.subspan(i, kColumns)));
    }
    return Status::Ok();
  }

  Status ReadRow(std::span<const double> cells) {
    uint64_t row = 0;
    Earlier earlier;
    if (!ToUint64(cells[0], &row) || row >= layout_.rows.size() ||
        !ToUint64(cells[2], &earlier.at)) {
      return Status::Invalid("a row to be compared is no row");
    }
    uint64_t file = 0;
    if (cells[1] == kInLast) {
      if (!plan_.last || earlier.at >= plan_.last->layout().rows.size()) {
        return Status::Invalid("a row to be compared with has no such number");
      }
      earlier.file = kInLast;
    } else if (ToUint64(cells[1], &file) && file < plan_.paths.size()) {
      earlier.file = static_cast<int>(file);
    } else {
      return Status::Invalid("a row to be compared with is in no such file");
    }
    const ShardRow& now = layout_.rows[row];
    const bool fits = earlier.file != kInLast || HasLengthsOf(now, earlier.at);
    earlier_[row] = earlier;
    same_[row] = fits;
    return Status::Ok();
  }

  bool HasLengthsOf(const ShardRow& now, size_t row) const {
    const ShardRow& then = plan_.last->layout().rows[row];
    return then.head.size() == now.head.size() && then.source.size() == now.source.size();
  }

  void OpenFiles() {
    for (const std::string& path : plan_.paths) {
      identities_.emplace_back();
      files_.emplace_back();
      Result<FileIdentity> own = OwnFileAt(AT_FDCWD, path.c_str(), path);
      if (!own.ok()) continue;
      constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
      UniqueFd fd(RetryOnInterrupt([&] { return ::open(path.c_str(), kFlags); }));
      if (!fd.valid()) continue;
      Result<FileIdentity> found = IdentityOf(fd.get(), path);
      // The name may have come to mean another one in between.
      if (!found.ok() || found.value() != own.value()) continue;
      identities_.back() = found.value();
      files_.back() = std::move(fd);
    }
  }

  Status Work() {
    Result<std::unique_ptr<ChunkReader>> reader = plan_.snapshot->NewReader();
    if (!reader.ok()) return reader.status();
    Result<AlignedBuffer> buffer = AlignedBuffer::Create(kChunkBytes);
    if (!buffer.ok()) return buffer.status();
    for (;;) {
      const size_t next = next_.fetch_add(1, std::memory_order_relaxed);
      if (next >= chunks_.size()) return Status::Ok();
      CKPT_TRY(Compare(chunks_[next], *reader.value(), buffer.value().data()));
    }
  }

  Status Compare(const Chunk& chunk, ChunkReader& reader, std::byte* buffer) {
    CKPT_TRY(job_.Check());
    bool wanted = false;
    ForEachPart(layout_, chunk, [&](const RowPart& part) { wanted |= same_[part.row]; });
    if (!wanted) return Status::Ok();
    Result<Bytes> bytes = reader.Read(chunk, nullptr, sums_, job_);
    if (!bytes.ok()) return bytes.status();
    ForEachPart(layout_, chunk, [&](const RowPart& part) {
      if (!same_[part.row]) return;
      const Bytes now = bytes.value().subspan(part.at, part.bytes.size());
      if (!IsSame(part, now, buffer)) same_[part.row] = false;
    });
    return Status::Ok();
  }

  bool IsSame(const RowPart& part, Bytes now, std::byte* buffer) {
    const Earlier& earlier = earlier_[part.row];
    if (earlier.file == kInLast) {
      const ShardRow then = plan_.last->RowAt(earlier.at);
      const std::byte* const bytes = (part.is_source ? then.source : then.head).data() + part.begin;
      return std::memcmp(bytes, now.data(), now.size()) == 0;
    }
    const auto file = static_cast<size_t>(earlier.file);
    if (!files_[file].valid()) return false;
    const size_t head = part.is_source ? layout_.rows[part.row].head.size() : 0;
    uint64_t offset = 0;
    if (!CheckedAdd(earlier.at, head + part.begin, &offset)) return false;
    const Status read =
        ReadAll(files_[file].get(), {buffer, now.size()}, offset, plan_.paths[file]);
    return read.ok() && std::memcmp(buffer, now.data(), now.size()) == 0;
  }

  const ComparePlan& plan_;
  const ShardLayout& layout_;
  Job& job_;
  const Chunks chunks_;
  RowSums sums_;
  std::vector<Earlier> earlier_;
  std::vector<std::atomic<bool>> same_;
  std::vector<UniqueFd> files_;
  std::vector<FileIdentity> identities_;
  std::atomic<size_t> next_{0};
};

}  // namespace

Result<Comparison> CompareRows(const ComparePlan& plan, Job& job) noexcept {
  return NoThrow([&]() -> Result<Comparison> {
    CKPT_TRY(job.Check());
    Comparer comparer(plan, job);
    CKPT_TRY(comparer.Run());
    return std::move(comparer).Take();
  });
}

}  // namespace ckpt
