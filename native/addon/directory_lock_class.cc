#include "directory_lock_class.h"

#include "args.h"
#include "env_data.h"
#include "errors.h"

namespace ckpt {

Napi::Function DirectoryLockClass::Define(Napi::Env env) {
  const Napi::Function constructor =
      DefineClass(env, "DirectoryLock", {InstanceMethod<&DirectoryLockClass::Release>("release")});
  DefineGetter<DirectoryLockClass::Exclusive>(constructor, "exclusive");
  return constructor;
}

DirectoryLockClass::DirectoryLockClass(const Napi::CallbackInfo& info)
    : ObjectWrap(info),
      lock_(EnvData::Get(info.Env()).TakePayload<std::unique_ptr<DirectoryLock>>(info.Env())) {
  info.This().As<Napi::Object>().TypeTag(&kTypeTag);
}

Napi::Value DirectoryLockClass::Exclusive(const Napi::CallbackInfo& info) {
  const DirectoryLockClass& self = UnwrapAs<DirectoryLockClass>(info.This(), "this");
  return Napi::Boolean::New(info.Env(), self.lock_->exclusive());
}

void DirectoryLockClass::Release(const Napi::CallbackInfo&) { lock_->Release(); }

Napi::Value LockDirectory(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string path = ReadPath(info[0], "path");
  auto lock = ValueOrThrow(env, NoThrow([&] { return DirectoryLock::Take(path); }));
  EnvData& data = EnvData::Get(env);
  return data.NewObject(data.directory_lock_class, std::move(lock));
}

}  // namespace ckpt
