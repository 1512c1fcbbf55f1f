// What a save does that writes only what has changed.

#include "../core/compare_rows.h"
#include "../core/shard_links.h"
#include "args.h"
#include "env_data.h"
#include "errors.h"
#include "file_columns.h"
#include "job_class.h"
#include "operations.h"
#include "snapshot_class.h"
#include "staging_class.h"
#include "task.h"

namespace ckpt {
namespace {

std::shared_ptr<Snapshot> LiveSnapshot(const Napi::Value& value, const char* name) {
  std::shared_ptr<Snapshot> snapshot = UnwrapAs<SnapshotClass>(value, name).snapshot();
  if (!snapshot) throw ToError(value.Env(), Status::Invalid("the snapshot was released"));
  return snapshot;
}

Napi::Value MakeComparison(Napi::Env env, Comparison comparison) {
  Napi::Uint8Array same = Napi::Uint8Array::New(env, comparison.same.size());
  std::ranges::copy(comparison.same, same.Data());
  Napi::Uint32Array crcs = Napi::Uint32Array::New(env, comparison.crcs.size());
  std::ranges::copy(comparison.crcs, crcs.Data());
  Napi::Object object = Napi::Object::New(env);
  object.Set("same", same);
  object.Set("crcs", crcs);
  object.Set("files", ToFileColumns(env, comparison.files));
  return object;
}

LinkPlan ReadLinks(const Napi::Object& object) {
  LinkPlan plan;
  plan.directory = ReadPath(object.Get("directory"), "directory");
  plan.durable = ReadBoolean(object.Get("durable"), "durable");
  std::vector<std::string> paths = ReadPaths(object.Get("paths"), "paths");
  const std::vector<FileIdentity> files = ReadFileColumns(object.Get("files"));
  const std::span<std::byte> synced = ReadUint8Array(object.Get("synced"), "synced");
  if (files.size() != paths.size() || synced.size() != paths.size()) {
    throw ToError(object.Env(), Status::Invalid("not every link has a file"));
  }
  for (size_t i = 0; i < paths.size(); ++i) {
    plan.links.push_back({std::move(paths[i]), files[i], synced[i] != std::byte{0}});
  }
  return plan;
}

Napi::Value MakeLinked(Napi::Env env, LinkResult result) {
  EnvData& data = EnvData::Get(env);
  Napi::Int32Array errors = Napi::Int32Array::New(env, result.errors.size());
  std::ranges::copy(result.errors, errors.Data());
  Napi::Object object = Napi::Object::New(env);
  object.Set("staging", data.NewObject(data.staging_class, std::move(result.staging)));
  object.Set("errors", errors);
  return object;
}

}  // namespace

Napi::Value CompareRows(const Napi::CallbackInfo& info) {
  std::shared_ptr<Job> job = UnwrapAs<JobClass>(info[0], "job").job();
  const Napi::Object object = ReadObject(info[1], "plan");
  const bool sync = ReadBoolean(info[2], "sync");
  const Napi::Value rows = object.Get("rows");
  const Napi::Value last = object.Get("last");
  ComparePlan plan;
  plan.snapshot = LiveSnapshot(object.Get("snapshot"), "snapshot");
  if (!last.IsUndefined()) plan.last = LiveSnapshot(last, "last");
  plan.paths = ReadPaths(object.Get("paths"), "paths");
  plan.rows = ReadFloat64Array(rows, "rows");
  plan.threads = ReadThreads(object.Get("threads"));
  Task::References references;
  references.push_back(Napi::Persistent(rows.As<Napi::Object>()));
  references.push_back(
      UnwrapAs<SnapshotClass>(object.Get("snapshot"), "snapshot").NewPlanReference());
  return Operation<Comparison>{job,
                               [plan = std::move(plan), job] { return CompareRows(plan, *job); },
                               MakeComparison, std::move(references)}
      .Start(info.Env(), sync);
}

Napi::Value LinkShards(const Napi::CallbackInfo& info) {
  std::shared_ptr<Job> job = UnwrapAs<JobClass>(info[0], "job").job();
  LinkPlan plan = ReadLinks(ReadObject(info[1], "plan"));
  const bool sync = ReadBoolean(info[2], "sync");
  return Operation<LinkResult>{
      job, [plan = std::move(plan), job] { return LinkShards(plan, *job); }, MakeLinked, {}}
      .Start(info.Env(), sync);
}

}  // namespace ckpt
