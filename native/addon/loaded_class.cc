#include "loaded_class.h"

#include <algorithm>
#include <cstring>

#include "../core/extent.h"
#include "args.h"
#include "env_data.h"
#include "errors.h"
#include "job_class.h"
#include "task.h"

namespace ckpt {
namespace {

// Smaller rows are copied: to make a buffer over foreign memory and to collect it costs more.
constexpr size_t kMinView = LoadedMemory::kOwnPages;

struct Owner {
  std::shared_ptr<LoadedMemory> memory;
  size_t row;
};

// Basic: runs inside garbage collection, possibly after the environment's JavaScript is gone.
void ReleaseRow(napi_env, void*, void* data) {
  const std::unique_ptr<Owner> owner(static_cast<Owner*>(data));
  // The other rows may live on for long. With the last one everything goes at once.
  if (owner->memory.use_count() > 1) owner->memory->Release(owner->row);
}

Napi::Value CopyToBuffer(Napi::Env env, Bytes bytes) {
  Napi::ArrayBuffer copy = Napi::ArrayBuffer::New(env, bytes.size());
  if (!bytes.empty()) std::memcpy(copy.Data(), bytes.data(), bytes.size());
  return copy;
}

}  // namespace

Napi::Function LoadedClass::Define(Napi::Env env) {
  const Napi::Function constructor =
      DefineClass(env, "Loaded",
                  {InstanceMethod<&LoadedClass::Take>("take"),
                   InstanceMethod<&LoadedClass::ReadInto>("readInto")});
  DefineGetter<LoadedClass::Checksums>(constructor, "checksums");
  return constructor;
}

LoadedClass::LoadedClass(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  auto payload = EnvData::Get(info.Env()).TakePayload<Payload>(info.Env());
  memory_ = std::move(payload.loaded.memory);
  crcs_ = std::move(payload.loaded.crcs);
  taken_.resize(memory_->rows());
  info.This().As<Napi::Object>().TypeTag(&kTypeTag);
  Account(info.Env(), static_cast<int64_t>(memory_->size()));
}

void LoadedClass::Finalize(Napi::BasicEnv env) { Account(env, -accounted_); }

void LoadedClass::Account(Napi::BasicEnv env, int64_t change) {
  if (change == 0) return;
  int64_t total = 0;
  napi_adjust_external_memory(env, change, &total);
  accounted_ += change;
}

Napi::Value LoadedClass::Checksums(const Napi::CallbackInfo& info) {
  const LoadedClass& self = UnwrapAs<LoadedClass>(info.This(), "this");
  Napi::Uint32Array array = Napi::Uint32Array::New(info.Env(), self.crcs_.size());
  std::copy(self.crcs_.begin(), self.crcs_.end(), array.Data());
  return array;
}

size_t LoadedClass::Row(Napi::Env env, double number) const {
  uint64_t row = 0;
  if (!ToUint64(number, &row) || row >= taken_.size() || taken_[row]) {
    throw ToError(env, Status::Invalid("no such row, or it has been taken"));
  }
  return static_cast<size_t>(row);
}

Napi::Value LoadedClass::Take(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const size_t row = Row(env, ReadNumber(info[0], "row"));
  const std::span<std::byte> bytes = memory_->row(row);
  if (bytes.size() < kMinView) {
    const Napi::Value copy = CopyToBuffer(env, bytes);
    taken_[row] = true;
    return copy;
  }
  // Before the call, as in MappingClass::View: a failing one may run the finalizer.
  const uint64_t limit = EnvData::Get(env).max_buffer_length;
  if (bytes.size() > limit) {
    throw ToError(env, Status::TooLarge("larger than the largest ArrayBuffer of this Node",
                                        bytes.size(), limit));
  }
  auto* owner = new Owner{memory_, row};
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_arraybuffer(env, bytes.data(), bytes.size(),
                                                              &ReleaseRow, owner, &buffer);
  if (status == napi_no_external_buffers_allowed) {  // Electron
    delete owner;
    const Napi::Value copy = CopyToBuffer(env, bytes);
    taken_[row] = true;
    return copy;
  }
  taken_[row] = true;
  // Whether the finalizer ran is unknown: rather leak a reference than drop one too many.
  if (status != napi_ok) throw Napi::Error::New(env);
  Account(env, -static_cast<int64_t>(bytes.size()));  // the runtime counts the buffer
  return Napi::Value(env, buffer);
}

void LoadedClass::ReadInto(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Bytes bytes = memory_->row(Row(env, ReadNumber(info[0], "row")));
  const std::span<std::byte> target = ReadUint8Array(info[2], "target");
  Extent part;
  part.length = target.size();
  if (!ToUint64(ReadNumber(info[1], "offset"), &part.offset) || !part.FitsIn(bytes.size())) {
    throw ToError(env, Status::Invalid("the range lies outside of the row"));
  }
  if (!target.empty()) std::memcpy(target.data(), bytes.data() + part.offset, target.size());
}

namespace {

Napi::Value ToObject(Napi::Env env, Loaded loaded) {
  EnvData& data = EnvData::Get(env);
  return data.NewObject(data.loaded_class, LoadedClass::Payload{std::move(loaded)});
}

}  // namespace

Napi::Value Load(const Napi::CallbackInfo& info) {
  std::shared_ptr<Job> job = UnwrapAs<JobClass>(info[0], "job").job();
  std::vector<std::string> paths = ReadPaths(info[1], "paths");
  const std::span<const double> ranges = ReadFloat64Array(info[2], "ranges");
  const int threads = ReadThreads(info[3]);
  const bool sync = ReadBoolean(info[4], "sync");
  Task::References references;
  references.push_back(Napi::Persistent(info[2].As<Napi::Object>()));
  return Operation<Loaded>{job,
                           [paths = std::move(paths), ranges, threads, job] {
                             return LoadRanges(paths, ranges, threads, *job);
                           },
                           ToObject, std::move(references)}
      .Start(info.Env(), sync);
}

}  // namespace ckpt
