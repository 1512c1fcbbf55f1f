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

}  // namespace ckpt
