#include "../core/commit.h"
#include "../core/durable.h"
#include "../core/extent.h"
#include "args.h"
#include "env_data.h"
#include "errors.h"
#include "job_class.h"
#include "operations.h"
#include "staging_class.h"
#include "task.h"

namespace ckpt {
namespace {

struct Input {
  CommitPlan plan;
  Task::References references;
};

Input ReadInput(const Napi::Object& plan) {
  Input input;
  input.plan.shard_paths = ReadPaths(plan.Get("shardPaths"), "shardPaths");
  uint64_t written = 0;
  if (!ToUint64(ReadNumber(plan.Get("writtenShards"), "writtenShards"), &written) ||
      written > input.plan.shard_paths.size()) {
    throw ToError(plan.Env(), Status::Invalid("writtenShards is no number of shards"));
  }
  input.plan.written_shards = written;
  input.plan.index_path = ReadPath(plan.Get("indexPath"), "indexPath");
  input.plan.durable = ReadBoolean(plan.Get("durable"), "durable");
  const Napi::Value index = plan.Get("index");
  input.plan.index = ReadUint8Array(index, "index");
  input.references.push_back(Napi::Persistent(index.As<Napi::Object>()));
  const Napi::Value state_path = plan.Get("statePath");
  if (!state_path.IsUndefined()) {
    const Napi::Value state = plan.Get("state");
    input.plan.state_path = ReadPath(state_path, "statePath");
    input.plan.state = ReadUint8Array(state, "state");
    input.references.push_back(Napi::Persistent(state.As<Napi::Object>()));
  }
  return input;
}

}  // namespace

Napi::Value Commit(const Napi::CallbackInfo& info) {
  std::shared_ptr<Job> job = UnwrapAs<JobClass>(info[0], "job").job();
  StagingClass& staging = UnwrapAs<StagingClass>(info[1], "staging");
  Input input = ReadInput(ReadObject(info[2], "plan"));
  const bool sync = ReadBoolean(info[3], "sync");
  // Shared, because std::function copies; used once.
  auto dir = std::make_shared<std::unique_ptr<StagingDir>>(staging.Take());
  return Operation<Done>{job,
                         [plan = std::move(input.plan), dir, job]() -> Result<Done> {
                           if (!*dir) return Status::Invalid("the staging directory was used up");
                           return ToResult(Commit(std::move(*dir), plan, *job));
                         },
                         Undefined, std::move(input.references)}
      .Start(info.Env(), sync);
}

Napi::Value Discard(const Napi::CallbackInfo& info) {
  StagingClass& staging = UnwrapAs<StagingClass>(info[0], "staging");
  const bool sync = ReadBoolean(info[1], "sync");
  auto dir = std::make_shared<std::unique_ptr<StagingDir>>(staging.Take());
  return Operation<Done>{std::make_shared<Job>(),
                         [dir]() -> Result<Done> {
                           dir->reset();
                           return Done{};
                         },
                         Undefined,
                         {}}
      .Start(info.Env(), sync);
}

Napi::Value RemoveFiles(const Napi::CallbackInfo& info) {
  std::vector<std::string> paths = ReadPaths(info[0], "paths");
  const bool sync = ReadBoolean(info[1], "sync");
  auto job = std::make_shared<Job>();
  return Operation<Done>{
      job,
      [paths = std::move(paths), job] { return ToResult(RemoveFiles(paths, *job)); },
      Undefined,
      {}}
      .Start(info.Env(), sync);
}

}  // namespace ckpt
