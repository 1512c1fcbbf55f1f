#include "shard_writer.h"

#include <atomic>
#include <deque>
#include <mutex>

#include "durable.h"
#include "failpoint.h"
#include "parallel.h"
#include "throttle.h"

namespace ckpt {
namespace {

class Writer {
 public:
  Writer(const ShardPlan& plan, const StagingDir& staging, Job& job)
      : snapshot_(*plan.snapshot),
        layout_(snapshot_.layout()),
        options_{plan.method, plan.durable, plan.spares.get()},
        staging_(staging),
        job_(job),
        chunks_(layout_.shards),
        sums_(layout_.seeds),
        throttle_(plan.max_bytes_per_second),
        first_shard_(plan.first_shard),
        files_(layout_.shards.size()) {
    for (const Shard& shard : layout_.shards) shards_.emplace_back().left = Chunks::Count(shard);
  }

  Status Run(int threads) {
    const int wanted = std::clamp(threads, 1, std::min(kMaxThreads, snapshot_.max_readers()));
    const size_t count = std::min<size_t>(chunks_.size(), static_cast<size_t>(wanted));
    const Status status = RunParallel(count, wanted, [&](size_t) { return Work(); });
    snapshot_.Finish();
    return status;
  }

  std::vector<uint32_t> Sums() && { return std::move(sums_).Join(); }
  std::vector<FileIdentity> Files() && { return std::move(files_); }

 private:
  struct ShardState {
    std::mutex mutex;
    std::unique_ptr<ShardFile> file;  // while it is written
    std::atomic<size_t> left{0};      // chunks
  };

  // What one thread does.
  Status Work() {
    Result<std::unique_ptr<ChunkReader>> reader = snapshot_.NewReader();
    Status status = reader.ok() ? Status::Ok() : reader.status();
    while (status.ok() && !failed_.load(std::memory_order_relaxed)) {
      const size_t next = next_.fetch_add(1, std::memory_order_relaxed);
      if (next >= chunks_.size()) return Status::Ok();
      status = NoThrow([&] { return Write(chunks_[next], *reader.value()); });
    }
    if (!status.ok()) failed_ = true;
    return status;
  }

  Status Write(const Chunk& chunk, ChunkReader& reader) {
    CKPT_TRY(job_.Check());
    ShardState& shard = shards_[chunk.shard];
    CKPT_TRY(Open(shard, chunk.shard));
    Result<Bytes> bytes = reader.Read(chunk, shard.file->Place(chunk), sums_, job_);
    if (!bytes.ok()) return bytes.status();
    if (read_.fetch_add(1) + 1 == chunks_.size()) snapshot_.Finish();
    CKPT_TRY(throttle_.Wait(chunk.length, job_));
    CKPT_TRY(shard.file->Put(chunk, bytes.value()));
    if (shard.left.fetch_sub(1) > 1) return Status::Ok();
    CKPT_TRY(Failpoint("after-shard-write"));
    // Its last chunk: the others go on with the next shard while this one syncs.
    return std::exchange(shard.file, nullptr)->Finish(&files_[chunk.shard]);
  }

  // By whoever comes first. Never more files are open than there are threads.
  Status Open(ShardState& shard, size_t index) {
    std::lock_guard lock(shard.mutex);
    if (shard.file) return Status::Ok();
    auto file = std::make_unique<ShardFile>(options_, staging_, first_shard_ + index,
                                            layout_.shards[index].size);
    CKPT_TRY(file->Open());
    shard.file = std::move(file);
    return Status::Ok();
  }

  Snapshot& snapshot_;
  const ShardLayout& layout_;
  const ShardFileOptions options_;
  const StagingDir& staging_;
  Job& job_;
  const Chunks chunks_;
  RowSums sums_;
  Throttle throttle_;
  const size_t first_shard_;
  std::vector<FileIdentity> files_;
  std::deque<ShardState> shards_;
  std::atomic<size_t> next_{0};
  std::atomic<size_t> read_{0};
  std::atomic<bool> failed_{false};
};

}  // namespace

namespace {

Result<std::unique_ptr<StagingDir>> NewStaging(const ShardPlan& plan) {
  CKPT_TRY(MakeDirectories(plan.directory, plan.durable));
  StagingDir::RemoveDead(plan.directory);
  return StagingDir::Create(plan.directory);
}

}  // namespace

Result<ShardResult> WriteShards(const ShardPlan& plan, std::unique_ptr<StagingDir> staging,
                                Job& job) noexcept {
  return NoThrow([&]() -> Result<ShardResult> {
    CKPT_TRY(job.Check());
    ShardResult result{std::move(staging), {}, {}};
    if (!result.staging) {
      Result<std::unique_ptr<StagingDir>> made = NewStaging(plan);
      if (!made.ok()) return made.status();
      result.staging = std::move(made).value();
    }
    CKPT_TRY(Failpoint("after-staging"));
    Writer writer(plan, *result.staging, job);
    CKPT_TRY(writer.Run(plan.threads));
    result.crcs = std::move(writer).Sums();
    result.files = std::move(writer).Files();
    return result;
  });
}

}  // namespace ckpt
