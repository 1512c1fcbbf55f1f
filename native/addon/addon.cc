// The addon's exports: exactly `Addon` of lib/addon.ts.

#include "../core/counters.h"
#include "../core/crc32c.h"
#include "../core/staging_memory.h"
#include "args.h"
#include "directory_lock_class.h"
#include "env_data.h"
#include "errors.h"
#include "job_class.h"
#include "loaded_class.h"
#include "mapping_class.h"
#include "operations.h"
#include "page_tracker_class.h"
#include "snapshot_class.h"
#include "spare_shards_class.h"
#include "staging_class.h"

namespace ckpt {
namespace {

Napi::Value Crc32c(const Napi::CallbackInfo& info) {
  const Bytes bytes = ReadUint8Array(info[0], "bytes");
  const auto seed = static_cast<uint32_t>(static_cast<int64_t>(ReadNumber(info[1], "seed")));
  return Napi::Number::New(info.Env(), Crc32cExtend(seed, bytes));
}

Napi::Value ImplementationName(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), Crc32cImplementations().front().name);
}

Napi::Value CoolStaging(const Napi::CallbackInfo& info) {
  StagingMemory::Cool();
  return info.Env().Undefined();
}

Napi::Value Counts(const Napi::CallbackInfo& info) {
  Napi::Object counts = Napi::Object::New(info.Env());
  const auto set = [&](const char* name, Kind kind) {
    counts.Set(name, static_cast<double>(LiveCount(kind)));
  };
  set("mappings", Kind::kMapping);
  set("snapshots", Kind::kSnapshot);
  set("stagings", Kind::kStaging);
  set("tasks", Kind::kTask);
  set("locks", Kind::kLock);
  set("spares", Kind::kSpares);
  set("trackers", Kind::kTracker);
  return counts;
}

template <Napi::Value (*function)(const Napi::CallbackInfo&)>
void Export(Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New<function>(exports.Env(), name));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  EnvData& data = EnvData::Init(env);
  data.mapping_class = Napi::Persistent(MappingClass::Define(env));
  data.loaded_class = Napi::Persistent(LoadedClass::Define(env));
  data.snapshot_class = Napi::Persistent(SnapshotClass::Define(env));
  data.staging_class = Napi::Persistent(StagingClass::Define(env));
  data.directory_lock_class = Napi::Persistent(DirectoryLockClass::Define(env));
  data.spare_shards_class = Napi::Persistent(SpareShardsClass::Define(env));
  exports.Set("Job", JobClass::Define(env));
  exports.Set("PageTracker", PageTrackerClass::Define(env));
  Export<Crc32c>(exports, "crc32c");
  Export<ImplementationName>(exports, "crc32cImplementation");
  Export<OpenMappings>(exports, "openMappings");
  Export<CreateSnapshot>(exports, "createSnapshot");
  Export<CreateSpareShards>(exports, "createSpareShards");
  Export<WriteShards>(exports, "writeShards");
  Export<CompareRows>(exports, "compareRows");
  Export<LinkShards>(exports, "linkShards");
  Export<Commit>(exports, "commit");
  Export<Discard>(exports, "discard");
  Export<RemoveFiles>(exports, "removeFiles");
  Export<LockDirectory>(exports, "lockDirectory");
  Export<Checksum>(exports, "checksum");
  Export<Load>(exports, "load");
  Export<CoolStaging>(exports, "coolStaging");
  Export<TrackingAvailable>(exports, "trackingAvailable");
  Export<Counts>(exports, "counts");
  return exports;
}

}  // namespace
}  // namespace ckpt

// At namespace scope for the registration macro, which pastes the function's name.
static Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
  return ckpt::Init(env, exports);
}

NODE_API_MODULE(ndcheckpoint, InitAddon)
