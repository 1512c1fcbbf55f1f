#include "../core/extent.h"
#include "../core/shard_writer.h"
#include "args.h"
#include "env_data.h"
#include "errors.h"
#include "file_columns.h"
#include "job_class.h"
#include "operations.h"
#include "snapshot_class.h"
#include "spare_shards_class.h"
#include "staging_class.h"
#include "task.h"

namespace ckpt {
namespace {

// The plan, and what the snapshot refers to.
struct Input {
  ShardPlan plan;
  // Shared, because std::function copies; used once. Null: a new one is made.
  std::shared_ptr<std::unique_ptr<StagingDir>> staging;
  Task::References references;
};

double ReadRate(const Napi::Value& value) {
  const double rate = ReadNumber(value, "maxBytesPerSecond");
  // Less than a byte a second would be more time than a clock can count.
  if (rate == 0 || rate >= 1) return rate;
  throw ToError(value.Env(), Status::Invalid("maxBytesPerSecond is no such speed"));
}

WriteMethod ReadMethod(const Napi::Value& value) {
  const std::string name = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  if (name == "auto") return WriteMethod::kAuto;
  if (name == "map") return WriteMethod::kMapped;
  if (name == "direct") return WriteMethod::kDirect;
  if (name == "buffered") return WriteMethod::kBuffered;
  ThrowTypeError(value.Env(), "writer", "'auto', 'map', 'direct' or 'buffered'");
}

Input ReadInput(const Napi::Object& plan) {
  Input input;
  const SnapshotClass& snapshot = UnwrapAs<SnapshotClass>(plan.Get("snapshot"), "snapshot");
  input.plan.snapshot = snapshot.snapshot();
  if (!input.plan.snapshot) throw ToError(plan.Env(), Status::Invalid("the snapshot was released"));
  input.plan.directory = ReadPath(plan.Get("directory"), "directory");
  input.plan.threads = ReadThreads(plan.Get("threads"));
  input.plan.durable = ReadBoolean(plan.Get("durable"), "durable");
  input.plan.method = ReadMethod(plan.Get("writer"));
  input.plan.max_bytes_per_second = ReadRate(plan.Get("maxBytesPerSecond"));
  const Napi::Value spares = plan.Get("spares");
  if (!spares.IsUndefined()) {
    input.plan.spares = UnwrapAs<SpareShardsClass>(spares, "spares").spares();
  }
  uint64_t first = 0;
  const Napi::Value first_shard = plan.Get("firstShard");
  if (!first_shard.IsUndefined() && !ToUint64(ReadNumber(first_shard, "firstShard"), &first)) {
    throw ToError(plan.Env(), Status::Invalid("firstShard is no number of a shard"));
  }
  input.plan.first_shard = first;
  const Napi::Value staging = plan.Get("staging");
  if (!staging.IsUndefined()) {
    input.staging = std::make_shared<std::unique_ptr<StagingDir>>(
        UnwrapAs<StagingClass>(staging, "staging").Take());
  }
  input.references.push_back(snapshot.NewPlanReference());
  return input;
}

Napi::Value MakeResult(Napi::Env env, ShardResult result) {
  EnvData& data = EnvData::Get(env);
  Napi::Uint32Array crcs = Napi::Uint32Array::New(env, result.crcs.size());
  std::copy(result.crcs.begin(), result.crcs.end(), crcs.Data());
  Napi::Object object = Napi::Object::New(env);
  object.Set("staging", data.NewObject(data.staging_class, std::move(result.staging)));
  object.Set("crcs", crcs);
  object.Set("files", ToFileColumns(env, result.files));
  return object;
}

}  // namespace

Napi::Value WriteShards(const Napi::CallbackInfo& info) {
  std::shared_ptr<Job> job = UnwrapAs<JobClass>(info[0], "job").job();
  Input input = ReadInput(ReadObject(info[1], "plan"));
  const bool sync = ReadBoolean(info[2], "sync");
  return Operation<ShardResult>{job,
                                [plan = std::move(input.plan), staging = std::move(input.staging),
                                 job]() -> Result<ShardResult> {
                                  if (!staging) return WriteShards(plan, nullptr, *job);
                                  if (!*staging)
                                    return Status::Invalid("the staging directory was used up");
                                  return WriteShards(plan, std::move(*staging), *job);
                                },
                                MakeResult, std::move(input.references)}
      .Start(info.Env(), sync);
}

}  // namespace ckpt
