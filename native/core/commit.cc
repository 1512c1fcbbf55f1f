#include "commit.h"

#include <unistd.h>

#include <set>

#include "durable.h"
#include "failpoint.h"
#include "replacement.h"

namespace ckpt {
namespace {

class Transaction {
 public:
  Transaction(const StagingDir& staging, const CommitPlan& plan, Job& job)
      : staging_(staging), plan_(plan), job_(job), index_(staging, "index", plan.index_path) {
    if (plan.state_path) state_.emplace(staging, "state", *plan.state_path);
  }

  Status Run() {
    CKPT_TRY(job_.Check());
    CKPT_TRY(Prepare());
    CKPT_TRY(MoveShards());
    CKPT_TRY(job_.Check());
    CKPT_TRY(Failpoint("before-index-rename"));
    CKPT_TRY(index_.Publish());
    CKPT_TRY(Failpoint("after-index-rename"));
    CKPT_TRY(Sync(ParentOf(plan_.index_path)));
    if (!state_) return Status::Ok();
    CKPT_TRY(Failpoint("before-state-rename"));
    CKPT_TRY(state_->Publish());
    CKPT_TRY(Failpoint("after-state-rename"));
    return Sync(ParentOf(*plan_.state_path));
  }

  // Reverse order: no index may name a shard that is gone.
  void Undo() noexcept {
    if (state_) state_->Undo();
    index_.Undo();
    // An index that could not be put back needs its shards: keep what is consistent.
    if (!index_.published()) {
      while (moved_ > 0) ::unlink(plan_.shard_paths[--moved_].c_str());
    }
    (void)NoThrow([&] { return Sync(ParentOf(plan_.index_path)); });
  }

 private:
  Status Prepare() {
    const std::byte zero{};
    for (size_t i = plan_.written_shards; i < plan_.shard_paths.size(); ++i) {
      CKPT_TRY(staging_.WriteFile(ShardName(i).c_str(), {&zero, 1}, plan_.durable));
    }
    CKPT_TRY(index_.Write(plan_.index, plan_.durable));
    if (state_) CKPT_TRY(state_->Write(plan_.state, plan_.durable));
    CKPT_TRY(Failpoint("after-index-write"));
    CKPT_TRY(index_.KeepPrevious());
    if (state_) CKPT_TRY(state_->KeepPrevious());
    return Failpoint("before-shard-rename");
  }

  Status MoveShards() {
    std::set<std::string> directories;
    for (const std::string& path : plan_.shard_paths) {
      const std::string name = ShardName(moved_);
      CKPT_TRY(job_.Check());
      CKPT_TRY(RenameNoReplace(staging_.fd(), name.c_str(), path));
      ++moved_;
      directories.insert(ParentOf(path));
    }
    CKPT_TRY(Failpoint("after-shard-rename"));
    for (const std::string& directory : directories) CKPT_TRY(Sync(directory));
    return Status::Ok();
  }

  Status Sync(const std::string& directory) {
    return plan_.durable ? SyncDirectory(directory) : Status::Ok();
  }

  const StagingDir& staging_;
  const CommitPlan& plan_;
  Job& job_;
  Replacement index_;
  std::optional<Replacement> state_;
  size_t moved_ = 0;  // shards that have their final names
};

}  // namespace

Status Commit(std::unique_ptr<StagingDir> staging, const CommitPlan& plan, Job& job) noexcept {
  return NoThrow([&] {
    Transaction transaction(*staging, plan, job);
    Status status = NoThrow([&] { return transaction.Run(); });
    if (!status.ok()) transaction.Undo();
    staging->Remove();
    return status;
  });
}

}  // namespace ckpt
