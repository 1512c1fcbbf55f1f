#include "snapshot_class.h"

#include "args.h"
#include "env_data.h"
#include "errors.h"

namespace ckpt {

Napi::Function SnapshotClass::Define(Napi::Env env) {
  const Napi::Function constructor =
      DefineClass(env, "Snapshot", {InstanceMethod<&SnapshotClass::Release>("release")});
  DefineGetter<SnapshotClass::ByteLength>(constructor, "byteLength");
  DefineGetter<SnapshotClass::Copied>(constructor, "copied");
  return constructor;
}

SnapshotClass::SnapshotClass(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  auto payload = EnvData::Get(info.Env()).TakePayload<Payload>(info.Env());
  snapshot_ = std::move(payload.snapshot);
  byte_length_ = static_cast<double>(snapshot_->byte_length());
  copied_ = snapshot_->copied();
  if (!payload.arrays.IsEmpty()) {
    arrays_ = Napi::Persistent(payload.arrays.As<Napi::Object>());
  }
  info.This().As<Napi::Object>().TypeTag(&kTypeTag);
}

Napi::ObjectReference SnapshotClass::NewArraysReference() const {
  if (arrays_.IsEmpty()) return {};
  return Napi::Persistent(arrays_.Value());
}

Napi::Value SnapshotClass::ByteLength(const Napi::CallbackInfo& info) {
  const SnapshotClass& self = UnwrapAs<SnapshotClass>(info.This(), "this");
  return Napi::Number::New(info.Env(), self.byte_length_);
}

Napi::Value SnapshotClass::Copied(const Napi::CallbackInfo& info) {
  const SnapshotClass& self = UnwrapAs<SnapshotClass>(info.This(), "this");
  return Napi::Boolean::New(info.Env(), self.copied_);
}

void SnapshotClass::Release(const Napi::CallbackInfo&) {
  snapshot_.reset();
  arrays_.Reset();
}

Napi::Value Capture(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array arrays = ReadArray(info[0], "sources");
  const bool copy = ReadBoolean(info[1], "copy");
  if (!copy) {
    // An array of our own: the caller may change its one while the snapshot reads the old views.
    const Napi::Value slice = arrays.Get("slice").As<Napi::Function>().Call(arrays, {});
    arrays = ReadArray(slice, "sources");
  }
  std::vector<Bytes> sources;
  sources.reserve(arrays.Length());
  for (uint32_t i = 0, count = arrays.Length(); i < count; ++i) {
    Napi::HandleScope scope(env);
    sources.push_back(ReadView(arrays.Get(i), "source"));
  }
  EnvData& data = EnvData::Get(env);
  SnapshotClass::Payload payload;
  if (copy) {
    payload.snapshot = ValueOrThrow(env, Snapshot::Copy(sources));
  } else {
    payload.snapshot = Snapshot::Live(std::move(sources));
    payload.arrays = arrays;
  }
  return data.NewObject(data.snapshot_class, std::move(payload));
}

}  // namespace ckpt
