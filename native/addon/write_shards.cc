#include "../core/shard_writer.h"
#include "args.h"
#include "env_data.h"
#include "errors.h"
#include "job_class.h"
#include "operations.h"
#include "snapshot_class.h"
#include "staging_class.h"
#include "task.h"

namespace ckpt {
namespace {

// The plan, and the snapshot whose sources it refers to.
struct Input {
  ShardPlan plan;
  std::shared_ptr<Snapshot> snapshot;
  Task::References references;
};

Input ReadInput(const Napi::Object& plan) {
  Input input;
  const SnapshotClass& snapshot = UnwrapAs<SnapshotClass>(plan.Get("snapshot"), "snapshot");
  input.snapshot = snapshot.snapshot();
  if (!input.snapshot) throw ToError(plan.Env(), Status::Invalid("the snapshot was released"));
  input.plan.directory = ReadPath(plan.Get("directory"), "directory");
  input.plan.shard_sizes = ReadFloat64Array(plan.Get("shardSizes"), "shardSizes");
  input.plan.extents = ReadFloat64Array(plan.Get("extents"), "extents");
  input.plan.heads = ReadUint8Array(plan.Get("heads"), "heads");
  input.plan.sources = input.snapshot->sources();
  input.plan.threads = ReadThreads(plan.Get("threads"));
  input.plan.durable = ReadBoolean(plan.Get("durable"), "durable");
  for (const char* name : {"shardSizes", "extents", "heads"}) {
    input.references.push_back(Napi::Persistent(plan.Get(name).As<Napi::Object>()));
  }
  input.references.push_back(snapshot.NewArraysReference());
  return input;
}

Napi::Value MakeResult(Napi::Env env, ShardResult result) {
  EnvData& data = EnvData::Get(env);
  Napi::Uint32Array crcs = Napi::Uint32Array::New(env, result.crcs.size());
  std::copy(result.crcs.begin(), result.crcs.end(), crcs.Data());
  Napi::Object object = Napi::Object::New(env);
  object.Set("staging", data.NewObject(data.staging_class, std::move(result.staging)));
  object.Set("crcs", crcs);
  return object;
}

}  // namespace

Napi::Value WriteShards(const Napi::CallbackInfo& info) {
  std::shared_ptr<Job> job = UnwrapAs<JobClass>(info[0], "job").job();
  Input input = ReadInput(ReadObject(info[1], "plan"));
  const bool sync = ReadBoolean(info[2], "sync");
  return Operation<ShardResult>{job,
                                [plan = std::move(input.plan), snapshot = std::move(input.snapshot),
                                 job] { return WriteShards(plan, *job); },
                                MakeResult, std::move(input.references)}
      .Start(info.Env(), sync);
}

}  // namespace ckpt
