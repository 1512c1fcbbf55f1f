#pragma once

#include <memory>

#include "../core/page_tracker.h"
#include "napi_setup.h"

namespace ckpt {

// `PageTracker` of lib/data-plane.ts. Collection and the end of the environment release it too.
class PageTrackerClass final : public Napi::ObjectWrap<PageTrackerClass> {
 public:
  static Napi::Function Define(Napi::Env env);

  explicit PageTrackerClass(const Napi::CallbackInfo& info);

 private:
  Napi::Value Scan(const Napi::CallbackInfo& info);
  void Release(const Napi::CallbackInfo& info);

  std::unique_ptr<PageTracker> tracker_ = std::make_unique<PageTracker>();
};

// trackingAvailable()
Napi::Value TrackingAvailable(const Napi::CallbackInfo& info);

}  // namespace ckpt
