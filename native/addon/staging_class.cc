#include "staging_class.h"

#include "env_data.h"

namespace ckpt {

Napi::Function StagingClass::Define(Napi::Env env) {
  return DefineClass(env, "Staging", {InstanceAccessor<&StagingClass::Path>("path")});
}

StagingClass::StagingClass(const Napi::CallbackInfo& info)
    : ObjectWrap(info),
      dir_(EnvData::Get(info.Env()).TakePayload<std::unique_ptr<StagingDir>>(info.Env())),
      path_(dir_->path()) {
  info.This().As<Napi::Object>().TypeTag(&kTypeTag);
}

Napi::Value StagingClass::Path(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), path_);
}

}  // namespace ckpt
