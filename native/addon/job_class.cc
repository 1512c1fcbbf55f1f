#include "job_class.h"

#include "env_data.h"

namespace ckpt {

Napi::Function JobClass::Define(Napi::Env env) {
  const Napi::Function constructor =
      DefineClass(env, "Job", {InstanceMethod<&JobClass::Cancel>("cancel")});
  DefineGetter<JobClass::Cancelled>(constructor, "cancelled");
  DefineGetter<JobClass::DoneBytes>(constructor, "done");
  return constructor;
}

JobClass::JobClass(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  info.This().As<Napi::Object>().TypeTag(&kTypeTag);
}

void JobClass::Cancel(const Napi::CallbackInfo&) { job_->Cancel(); }

Napi::Value JobClass::Cancelled(const Napi::CallbackInfo& info) {
  const JobClass& self = UnwrapAs<JobClass>(info.This(), "this");
  return Napi::Boolean::New(info.Env(), self.job_->cancelled());
}

Napi::Value JobClass::DoneBytes(const Napi::CallbackInfo& info) {
  const JobClass& self = UnwrapAs<JobClass>(info.This(), "this");
  return Napi::Number::New(info.Env(), static_cast<double>(self.job_->done()));
}

}  // namespace ckpt
