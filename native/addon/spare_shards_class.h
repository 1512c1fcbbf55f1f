#pragma once

#include <memory>

#include "../core/spare_shards.h"
#include "napi_setup.h"

namespace ckpt {

// `SpareShards` of lib/data-plane.ts.
class SpareShardsClass final : public Napi::ObjectWrap<SpareShardsClass> {
 public:
  static constexpr napi_type_tag kTypeTag = {0x5d0c3f6b92e74a18, 0xa4e1d7835c09b26f};
  static Napi::Function Define(Napi::Env env);

  explicit SpareShardsClass(const Napi::CallbackInfo& info);

  const std::shared_ptr<SpareShards>& spares() const noexcept { return spares_; }

 private:
  static Napi::Value ByteLength(const Napi::CallbackInfo& info);
  Napi::Value Add(const Napi::CallbackInfo& info);
  Napi::Value Clear(const Napi::CallbackInfo& info);

  std::shared_ptr<SpareShards> spares_;
};

// createSpareShards(directory)
Napi::Value CreateSpareShards(const Napi::CallbackInfo& info);

}  // namespace ckpt
