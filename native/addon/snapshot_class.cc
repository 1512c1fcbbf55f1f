#include "snapshot_class.h"

#include "../core/extent.h"
#include "args.h"
#include "env_data.h"
#include "errors.h"

namespace ckpt {

Napi::Function SnapshotClass::Define(Napi::Env env) {
  const Napi::Function constructor =
      DefineClass(env, "Snapshot",
                  {InstanceMethod<&SnapshotClass::Fill>("fill"),
                   InstanceMethod<&SnapshotClass::SetHead>("setHead"),
                   InstanceMethod<&SnapshotClass::Release>("release")});
  DefineGetter<SnapshotClass::ByteLength>(constructor, "byteLength");
  return constructor;
}

SnapshotClass::SnapshotClass(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  auto payload = EnvData::Get(info.Env()).TakePayload<Payload>(info.Env());
  snapshot_ = std::move(payload.snapshot);
  byte_length_ = static_cast<double>(snapshot_->byte_length());
  plan_ = Napi::Persistent(payload.plan);
  info.This().As<Napi::Object>().TypeTag(&kTypeTag);
}

Napi::ObjectReference SnapshotClass::NewPlanReference() const {
  if (plan_.IsEmpty()) return {};
  return Napi::Persistent(plan_.Value());
}

Napi::Value SnapshotClass::ByteLength(const Napi::CallbackInfo& info) {
  const SnapshotClass& self = UnwrapAs<SnapshotClass>(info.This(), "this");
  return Napi::Number::New(info.Env(), self.byte_length_);
}

void SnapshotClass::Fill(const Napi::CallbackInfo& info) {
  if (!snapshot_) throw ToError(info.Env(), Status::Invalid("the snapshot was released"));
  snapshot_->Fill();
}

void SnapshotClass::SetHead(const Napi::CallbackInfo& info) {
  if (!snapshot_) throw ToError(info.Env(), Status::Invalid("the snapshot was released"));
  uint64_t row = 0;
  uint32_t seed = 0;
  if (!ToUint64(ReadNumber(info[0], "row"), &row) ||
      !ToUint32(ReadNumber(info[2], "seed"), &seed)) {
    throw ToError(info.Env(), Status::Invalid("the row or the seed is no such number"));
  }
  const Status status = snapshot_->SetHead(row, ReadUint8Array(info[1], "head"), seed);
  if (!status.ok()) throw ToError(info.Env(), status);
}

void SnapshotClass::Release(const Napi::CallbackInfo&) {
  snapshot_.reset();
  plan_.Reset();
}

namespace {

enum class Mode { kCopy, kFork, kNone };

Mode ReadMode(const Napi::Value& value) {
  const std::string name = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  if (name == "copy") return Mode::kCopy;
  if (name == "fork") return Mode::kFork;
  if (name == "none") return Mode::kNone;
  ThrowTypeError(value.Env(), "mode", "'copy', 'fork' or 'none'");
}

// An object of our own around what the spans refer to: the caller may change its plan.
Napi::Object Hold(Napi::Env env, std::initializer_list<Napi::Value> values) {
  Napi::Array held = Napi::Array::New(env, values.size());
  uint32_t i = 0;
  for (const Napi::Value& value : values) held.Set(i++, value);
  return held;
}

Result<std::shared_ptr<Snapshot>> Create(const ShardColumns& columns, Mode mode) {
  Result<ShardLayout> layout = ReadLayout(columns);
  if (!layout.ok()) return layout.status();
  switch (mode) {
    case Mode::kCopy:
      return SnapshotImage(std::move(layout).value());
    case Mode::kFork:
      return SnapshotFork(std::move(layout).value());
    default:
      return SnapshotLive(std::move(layout).value());
  }
}

}  // namespace

Napi::Value CreateSnapshot(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Napi::Object plan = ReadObject(info[0], "plan");
  const Mode mode = ReadMode(info[1]);
  const Napi::Array given = ReadArray(plan.Get("sources"), "sources");
  const Napi::Array arrays =
      given.Get("slice").As<Napi::Function>().Call(given, {}).As<Napi::Array>();
  std::vector<Bytes> sources;
  sources.reserve(arrays.Length());
  for (uint32_t i = 0, count = arrays.Length(); i < count; ++i) {
    Napi::HandleScope scope(env);
    sources.push_back(ReadView(arrays.Get(i), "source"));
  }
  const Napi::Value heads = plan.Get("heads");
  ShardColumns columns;
  columns.shard_sizes = ReadFloat64Array(plan.Get("shardSizes"), "shardSizes");
  columns.extents = ReadFloat64Array(plan.Get("extents"), "extents");
  columns.heads = ReadUint8Array(heads, "heads");
  columns.sources = sources;
  SnapshotClass::Payload payload;
  payload.snapshot = ValueOrThrow(env, NoThrow([&] { return Create(columns, mode); }));
  payload.plan = Hold(env, {arrays, heads});
  EnvData& data = EnvData::Get(env);
  return data.NewObject(data.snapshot_class, std::move(payload));
}

}  // namespace ckpt
