#pragma once

#include <memory>

#include "../core/directory_lock.h"
#include "napi_setup.h"

namespace ckpt {

// `DirectoryLock` of lib/data-plane.ts. Collection and the end of the environment give it up too.
class DirectoryLockClass final : public Napi::ObjectWrap<DirectoryLockClass> {
 public:
  static constexpr napi_type_tag kTypeTag = {0x5de1c0937ab24f68, 0xa94f16cc380d5b7e};
  static Napi::Function Define(Napi::Env env);

  explicit DirectoryLockClass(const Napi::CallbackInfo& info);

 private:
  static Napi::Value Exclusive(const Napi::CallbackInfo& info);
  void Release(const Napi::CallbackInfo& info);

  std::unique_ptr<DirectoryLock> lock_;
};

// lockDirectory(path)
Napi::Value LockDirectory(const Napi::CallbackInfo& info);

}  // namespace ckpt
