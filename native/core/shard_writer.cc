#include "shard_writer.h"

#include <sys/mman.h>

#include <optional>

#include "durable.h"
#include "extent.h"
#include "failpoint.h"
#include "pieces.h"
#include "shard_layout.h"
#include "shard_sink.h"

namespace ckpt {
namespace {

// One shard file while it is filled.
class ShardFile {
 public:
  ShardFile(const ShardPlan& plan, const StagingDir& staging, size_t index, uint64_t size)
      : plan_(plan),
        name_("shard-" + std::to_string(index)),
        path_(staging.PathOf(name_)),
        size_(size),
        dir_(staging.fd()) {}
  ~ShardFile() { Unmap(); }
  ShardFile(const ShardFile&) = delete;
  ShardFile& operator=(const ShardFile&) = delete;

  Status Open() {
    Result<UniqueFd> fd = CreateFile(dir_, name_.c_str(), path_);
    if (!fd.ok()) return fd.status();
    fd_ = std::move(fd).value();
    CKPT_TRY(Failpoint("before-shard-allocate"));
    // TensorFlow's file of tensors without elements; neither call takes a length of 0.
    if (size_ == 0) return Status::Ok();
    bool unsupported = false;
    CKPT_TRY(Allocate(fd_.get(), size_, path_, &unsupported));
    if (unsupported || !plan_.use_mapping) return Status::Ok();
    void* address = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
    // Some file systems cannot map shared; a plain write still works there.
    if (address != MAP_FAILED) base_ = static_cast<std::byte*>(address);
    return Status::Ok();
  }

  std::unique_ptr<ShardSink> NewSink() const {
    if (base_ != nullptr) return std::make_unique<MappedSink>(base_);
    return std::make_unique<BufferedSink>(fd_.get(), path_);
  }

  // Makes the pages of a mapped range with one call; a fault for each of them costs twice the copy.
  // A kernel without the call (before 5.14) makes them on first store.
  void Populate([[maybe_unused]] uint64_t begin, [[maybe_unused]] uint64_t length) noexcept {
#if defined(__linux__)
    constexpr int kPopulateWrite = 23;  // MADV_POPULATE_WRITE; not in every libc's headers
    constexpr uint64_t kPage = 4096;    // other page sizes: refused, and nothing is lost
    // Longer than a piece with its paddings: mostly gaps, whose pages nobody needs.
    if (base_ == nullptr || length < kBlockBytes || length > 2 * kMaxPieceBytes) return;
    const uint64_t start = begin / kPage * kPage;
    ::madvise(base_ + start, begin + length - start, kPopulateWrite);
#endif
  }

  // The disk writes one piece while the next ones are copied; the sync at the end finds little
  // left.
  void Written(uint64_t begin, uint64_t length) noexcept {
    if (plan_.durable) StartWriteback(fd_.get(), begin, length);
  }

  Status Finish() {
    Unmap();
    CKPT_TRY(Failpoint("before-shard-sync"));
    if (plan_.durable) CKPT_TRY(SyncFile(fd_.get(), path_));
    if (const int error = fd_.Close()) return Status::FromErrno(error, "close", path_);
    return Status::Ok();
  }

 private:
  void Unmap() noexcept {
    if (base_ != nullptr) ::munmap(std::exchange(base_, nullptr), size_);
  }

  const ShardPlan& plan_;
  const std::string name_;
  const std::string path_;
  const uint64_t size_;
  const int dir_;
  UniqueFd fd_;
  std::byte* base_ = nullptr;
};

// Copies bytes begin..begin+length of a row's source, and its head when it starts there.
Status PutRow(const ShardRow& row, uint64_t begin, uint64_t length, ShardSink& sink, uint32_t* crc,
              Job& job) {
  const auto put = [&](uint64_t offset, Bytes bytes, uint32_t* sum) -> Status {
    while (!bytes.empty()) {
      CKPT_TRY(job.Check());
      const Bytes block = bytes.first(std::min<size_t>(bytes.size(), kBlockBytes));
      CKPT_TRY(sink.Put(offset, block, sum));
      job.Add(block.size());
      offset += block.size();
      bytes = bytes.subspan(block.size());
    }
    return Status::Ok();
  };
  if (begin == 0) CKPT_TRY(put(row.offset, row.head, nullptr));
  return put(row.offset + row.head.size() + begin, row.source.subspan(begin, length), crc);
}

// The range of the shard that a piece fills.
Extent ExtentOf(const Piece& piece, std::span<const ShardRow> rows) {
  const ShardRow& first = rows[piece.first];
  const ShardRow& last = rows[piece.first + piece.count - 1];
  const uint64_t begin = first.offset + (piece.begin == 0 ? 0 : first.head.size() + piece.begin);
  const uint64_t end = piece.count == 1
                           ? first.offset + first.head.size() + piece.begin + piece.length
                           : last.offset + last.head.size() + last.source.size();
  return {begin, end - begin};
}

Status WriteShard(const ShardPlan& plan, const StagingDir& staging, const ShardLayout& layout,
                  size_t index, int threads, std::span<uint32_t> all_crcs, Job& job) {
  const Shard& shard = layout.shards[index];
  const std::span<const ShardRow> rows{layout.rows.data() + shard.first_row, shard.row_count};
  const std::span<uint32_t> crcs = all_crcs.subspan(shard.first_row, shard.row_count);
  const auto length = [&](size_t row) -> uint64_t { return rows[row].source.size(); };
  ShardFile file(plan, staging, index, shard.size);
  CKPT_TRY(job.Check());
  CKPT_TRY(file.Open());
  std::vector<Piece> pieces = CutPieces(rows.size(), threads, length);
  CKPT_TRY(RunPieces(pieces, threads, crcs, [&](Piece& piece) -> Status {
    const Extent part = ExtentOf(piece, rows);
    file.Populate(part.offset, part.length);
    const std::unique_ptr<ShardSink> sink = file.NewSink();
    CKPT_TRY(ForEachRow(piece, length, crcs,
                        [&](size_t row, uint64_t begin, uint64_t size, uint32_t* crc) {
                          return PutRow(rows[row], begin, size, *sink, crc, job);
                        }));
    CKPT_TRY(sink->Flush());
    file.Written(part.offset, part.length);
    return Status::Ok();
  }));
  CKPT_TRY(Failpoint("after-shard-write"));
  return file.Finish();
}

}  // namespace

Result<ShardResult> WriteShards(const ShardPlan& plan, Job& job) noexcept {
  return NoThrow([&]() -> Result<ShardResult> {
    Result<ShardLayout> checked = ReadLayout(plan);
    if (!checked.ok()) return checked.status();
    const ShardLayout& layout = checked.value();
    CKPT_TRY(job.Check());
    CKPT_TRY(MakeDirectories(plan.directory, plan.durable));
    StagingDir::RemoveDead(plan.directory);
    Result<std::unique_ptr<StagingDir>> staging = StagingDir::Create(plan.directory);
    if (!staging.ok()) return staging.status();
    ShardResult result{std::move(staging).value(), layout.seeds};
    CKPT_TRY(Failpoint("after-staging"));
    // Several shards: one thread each, so that one syncs while another copies. A single one: all
    // threads together. Never more files open than threads.
    const int threads = std::clamp(plan.threads, 1, kMaxThreads);
    const int outer = static_cast<int>(std::min<size_t>(layout.shards.size(), threads));
    const int inner = outer == 0 ? 1 : threads / outer;
    CKPT_TRY(RunParallel(layout.shards.size(), outer, [&](size_t i) {
      return WriteShard(plan, *result.staging, layout, i, inner, result.crcs, job);
    }));
    return result;
  });
}

}  // namespace ckpt
