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
                   InstanceMethod<&SnapshotClass::Refill>("refill"),
                   InstanceMethod<&SnapshotClass::Changed>("changed"),
                   InstanceMethod<&SnapshotClass::Part>("part"),
                   InstanceMethod<&SnapshotClass::SetHead>("setHead"),
                   InstanceMethod<&SnapshotClass::Release>("release")});
  DefineGetter<SnapshotClass::ByteLength>(constructor, "byteLength");
  DefineGetter<SnapshotClass::Refillable>(constructor, "refillable");
  return constructor;
}

SnapshotClass::SnapshotClass(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  auto payload = EnvData::Get(info.Env()).TakePayload<Payload>(info.Env());
  snapshot_ = std::move(payload.snapshot);
  byte_length_ = static_cast<double>(snapshot_->byte_length());
  if (!payload.plan.IsEmpty()) plan_ = Napi::Persistent(payload.plan);
  refilled_ = payload.refilled;
  is_copy_ = payload.is_copy;
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

Napi::Value SnapshotClass::Refillable(const Napi::CallbackInfo& info) {
  const SnapshotClass& self = UnwrapAs<SnapshotClass>(info.This(), "this");
  return Napi::Boolean::New(info.Env(), self.refilled_ != nullptr);
}

Snapshot& SnapshotClass::Get(Napi::Env env) const {
  if (!snapshot_) throw ToError(env, Status::Invalid("the snapshot was released"));
  return *snapshot_;
}

// A copy may be kept for long, and the program's arrays must not be kept by it.
void SnapshotClass::Filled() {
  refilled_ = nullptr;
  if (is_copy_) plan_.Reset();
}

void SnapshotClass::Fill(const Napi::CallbackInfo& info) {
  Get(info.Env()).Fill();
  Filled();
}

Napi::Value SnapshotClass::Refill(const Napi::CallbackInfo& info) {
  Snapshot& snapshot = Get(info.Env());
  if (refilled_ == nullptr) {
    throw ToError(info.Env(), Status::Invalid("the snapshot has no earlier content"));
  }
  Napi::Uint8Array same = Napi::Uint8Array::New(info.Env(), snapshot.layout().rows.size());
  refilled_->Refill({same.Data(), same.ElementLength()});
  Filled();
  return same;
}

Napi::Value SnapshotClass::Changed(const Napi::CallbackInfo& info) {
  (void)Get(info.Env());
  return Napi::Number::New(info.Env(), refilled_ == nullptr ? 1 : refilled_->Changed());
}

Napi::Value SnapshotClass::Part(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Snapshot& snapshot = Get(env);
  const std::span<const double> sizes = ReadFloat64Array(info[0], "shardSizes");
  const std::span<const double> rows = ReadFloat64Array(info[1], "rows");
  Payload payload;
  payload.snapshot =
      ValueOrThrow(env, NoThrow([&] { return SnapshotPart(snapshot, sizes, rows); }));
  if (!plan_.IsEmpty()) payload.plan = plan_.Value();
  EnvData& data = EnvData::Get(env);
  return data.NewObject(data.snapshot_class, std::move(payload));
}

void SnapshotClass::SetHead(const Napi::CallbackInfo& info) {
  Snapshot& snapshot = Get(info.Env());
  uint64_t row = 0;
  uint32_t seed = 0;
  if (!ToUint64(ReadNumber(info[0], "row"), &row) ||
      !ToUint32(ReadNumber(info[2], "seed"), &seed)) {
    throw ToError(info.Env(), Status::Invalid("the row or the seed is no such number"));
  }
  const Status status = snapshot.SetHead(row, ReadUint8Array(info[1], "head"), seed);
  if (!status.ok()) throw ToError(info.Env(), status);
}

void SnapshotClass::Release(const Napi::CallbackInfo&) {
  refilled_ = nullptr;
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

// `last` may be null.
Result<std::shared_ptr<Snapshot>> Create(const ShardColumns& columns, Mode mode,
                                         SnapshotClass* last, RefilledImage** refilled) {
  Result<ShardLayout> layout = ReadLayout(columns);
  if (!layout.ok()) return layout.status();
  if (mode == Mode::kCopy && last != nullptr && last->last()) {
    auto again = SnapshotRefilled(layout.value(), last->last(), refilled);
    if (again) return again;
  }
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
  SnapshotClass* last = nullptr;
  if (!info[2].IsUndefined()) last = &UnwrapAs<SnapshotClass>(info[2], "last");
  payload.is_copy = mode == Mode::kCopy;
  payload.snapshot =
      ValueOrThrow(env, NoThrow([&] { return Create(columns, mode, last, &payload.refilled); }));
  payload.plan = Hold(env, {arrays, heads});
  EnvData& data = EnvData::Get(env);
  return data.NewObject(data.snapshot_class, std::move(payload));
}

}  // namespace ckpt
