#include "page_tracker_class.h"

#include "args.h"
#include "errors.h"

namespace ckpt {
Napi::Function PageTrackerClass::Define(Napi::Env env) {
  return DefineClass(env, "PageTracker",
                     {InstanceMethod<&PageTrackerClass::Scan>("scan"),
                      InstanceMethod<&PageTrackerClass::Release>("release")});
}

PageTrackerClass::PageTrackerClass(const Napi::CallbackInfo& info) : ObjectWrap(info) {}

Napi::Value PageTrackerClass::Scan(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!tracker_) throw ToError(env, Status::Invalid("the tracker was released"));
  // A copy, so that nothing of the caller's runs between reading the views and the scan.
  const Napi::Array given = ReadArray(info[0], "sources");
  const Napi::Array arrays =
      given.Get("slice").As<Napi::Function>().Call(given, {}).As<Napi::Array>();
  std::vector<Bytes> rows;
  // Another thread can write to shared ones at any time, also while they are copied.
  std::vector<uint8_t> racing;
  rows.reserve(arrays.Length());
  racing.reserve(arrays.Length());
  for (uint32_t i = 0, count = arrays.Length(); i < count; ++i) {
    Napi::HandleScope scope(env);
    const Napi::Value view = arrays.Get(i);
    rows.push_back(ReadView(view, "source"));
    racing.push_back(IsShared(view) ? 1 : 0);
  }
  Napi::Uint8Array clean = Napi::Uint8Array::New(env, rows.size());
  const std::span<uint8_t> results(clean.Data(), rows.size());
  const Status status = tracker_->Scan(rows, results, racing);
  if (!status.ok()) throw ToError(env, status);
  return clean;
}

void PageTrackerClass::Release(const Napi::CallbackInfo&) { tracker_.reset(); }

Napi::Value TrackingAvailable(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), PageTracker::Available());
}

}  // namespace ckpt
