#include "staging_class.h"

#include "env_data.h"

namespace ckpt {

Napi::Function StagingClass::Define(Napi::Env env) {
  const Napi::Function constructor = DefineClass(env, "Staging", {});
  DefineGetter<StagingClass::Path>(constructor, "path");
  return constructor;
}

StagingClass::StagingClass(const Napi::CallbackInfo& info)
    : ObjectWrap(info),
      dir_(EnvData::Get(info.Env()).TakePayload<std::unique_ptr<StagingDir>>(info.Env())),
      path_(dir_->path()) {
  info.This().As<Napi::Object>().TypeTag(&kTypeTag);
}

Napi::Value StagingClass::Path(const Napi::CallbackInfo& info) {
  const StagingClass& self = UnwrapAs<StagingClass>(info.This(), "this");
  return Napi::String::New(info.Env(), self.path_);
}

}  // namespace ckpt
