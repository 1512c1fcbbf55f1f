#include <algorithm>

#include "../core/range_reader.h"
#include "args.h"
#include "env_data.h"
#include "errors.h"
#include "job_class.h"
#include "mapping_class.h"
#include "operations.h"
#include "task.h"

namespace ckpt {
namespace {

using Checksums = std::vector<uint32_t>;
using Targets = std::vector<std::span<std::byte>>;

Napi::Value ToUint32Array(Napi::Env env, Checksums crcs) {
  Napi::Uint32Array array = Napi::Uint32Array::New(env, crcs.size());
  std::copy(crcs.begin(), crcs.end(), array.Data());
  return array;
}

Task::References Referencing(std::initializer_list<Napi::Value> values) {
  Task::References references;
  for (const Napi::Value& value : values) {
    references.push_back(Napi::Persistent(value.As<Napi::Object>()));
  }
  return references;
}

Targets ReadTargets(const Napi::Array& array) {
  Targets targets;
  targets.reserve(array.Length());
  for (uint32_t i = 0, count = array.Length(); i < count; ++i) {
    Napi::HandleScope scope(array.Env());
    const Napi::Value value = array.Get(i);
    if (!value.IsArrayBuffer()) ThrowTypeError(array.Env(), "target", "an ArrayBuffer");
    Napi::ArrayBuffer buffer = value.As<Napi::ArrayBuffer>();
    targets.emplace_back(static_cast<std::byte*>(buffer.Data()), buffer.ByteLength());
  }
  return targets;
}

}  // namespace

Napi::Value Checksum(const Napi::CallbackInfo& info) {
  std::shared_ptr<Job> job = UnwrapAs<JobClass>(info[0], "job").job();
  const Napi::Array objects = ReadArray(info[1], "mappings");
  const std::span<const double> ranges = ReadFloat64Array(info[2], "ranges");
  const int threads = ReadThreads(info[3]);
  const bool sync = ReadBoolean(info[4], "sync");
  Mappings mappings;
  for (uint32_t i = 0, count = objects.Length(); i < count; ++i) {
    mappings.push_back(UnwrapAs<MappingClass>(objects.Get(i), "mapping").mapping());
  }
  return Operation<Checksums>{job,
                              [mappings = std::move(mappings), ranges, threads, job] {
                                return ChecksumRanges(mappings, ranges, threads, *job);
                              },
                              ToUint32Array, Referencing({info[2]})}
      .Start(info.Env(), sync);
}

Napi::Value Load(const Napi::CallbackInfo& info) {
  std::shared_ptr<Job> job = UnwrapAs<JobClass>(info[0], "job").job();
  std::vector<std::string> paths = ReadPaths(info[1], "paths");
  const std::span<const double> ranges = ReadFloat64Array(info[2], "ranges");
  Targets targets = ReadTargets(ReadArray(info[3], "targets"));
  const int threads = ReadThreads(info[4]);
  const bool sync = ReadBoolean(info[5], "sync");
  return Operation<Checksums>{
      job,
      [paths = std::move(paths), ranges, targets = std::move(targets), threads, job] {
        return LoadRanges(paths, ranges, targets, threads, *job);
      },
      ToUint32Array, Referencing({info[2], info[3]})}
      .Start(info.Env(), sync);
}

}  // namespace ckpt
