#include "page_tracker_class.h"

#include "args.h"
#include "errors.h"

namespace ckpt {
namespace {

// Another thread can write to it at any time, also while it is copied; see PageTracker on small
// rows.
bool IsSmallAndShared(Bytes bytes, const Napi::Value& view) {
  return !bytes.empty() && bytes.size() < PageTracker::kMinTracked && IsShared(view);
}

}  // namespace

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
  std::vector<uint8_t> doubtful;
  rows.reserve(arrays.Length());
  doubtful.reserve(arrays.Length());
  for (uint32_t i = 0, count = arrays.Length(); i < count; ++i) {
    Napi::HandleScope scope(env);
    const Napi::Value view = arrays.Get(i);
    rows.push_back(ReadView(view, "source"));
    doubtful.push_back(IsSmallAndShared(rows.back(), view) ? 1 : 0);
  }
  Napi::Uint8Array clean = Napi::Uint8Array::New(env, rows.size());
  const Status status = tracker_->Scan(rows, std::span<uint8_t>(clean.Data(), rows.size()));
  if (!status.ok()) throw ToError(env, status);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (doubtful[i] != 0) clean.Data()[i] = 0;
  }
  return clean;
}

void PageTrackerClass::Release(const Napi::CallbackInfo&) { tracker_.reset(); }

Napi::Value TrackingAvailable(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), PageTracker::Available());
}

}  // namespace ckpt
