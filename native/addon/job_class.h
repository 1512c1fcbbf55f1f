#pragma once

#include <memory>

#include "../core/job.h"
#include "napi_setup.h"

namespace ckpt {

// `Job` of lib/data-plane.ts; which JavaScript constructs.
class JobClass final : public Napi::ObjectWrap<JobClass> {
 public:
  static constexpr napi_type_tag kTypeTag = {0x6b1f0d6c2f1e4a57, 0x9c41b7d05a3e8f21};
  static Napi::Function Define(Napi::Env env);

  explicit JobClass(const Napi::CallbackInfo& info);
  const std::shared_ptr<Job>& job() const noexcept { return job_; }

 private:
  void Cancel(const Napi::CallbackInfo& info);
  static Napi::Value Cancelled(const Napi::CallbackInfo& info);
  static Napi::Value DoneBytes(const Napi::CallbackInfo& info);

  std::shared_ptr<Job> job_ = std::make_shared<Job>();
};

}  // namespace ckpt
