#include "job_class.h"

namespace ckpt {

Napi::Function JobClass::Define(Napi::Env env) {
  return DefineClass(env, "Job",
                     {InstanceMethod<&JobClass::Cancel>("cancel"),
                      InstanceAccessor<&JobClass::Cancelled>("cancelled"),
                      InstanceAccessor<&JobClass::DoneBytes>("done")});
}

JobClass::JobClass(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  info.This().As<Napi::Object>().TypeTag(&kTypeTag);
}

void JobClass::Cancel(const Napi::CallbackInfo&) { job_->Cancel(); }

Napi::Value JobClass::Cancelled(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), job_->cancelled());
}

Napi::Value JobClass::DoneBytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(job_->done()));
}

}  // namespace ckpt
