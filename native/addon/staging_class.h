#pragma once

#include <memory>
#include <string>

#include "../core/staging_dir.h"
#include "napi_setup.h"

namespace ckpt {

// `Staging` of lib/data-plane.ts. Owns the directory until commit or discard take it.
class StagingClass final : public Napi::ObjectWrap<StagingClass> {
 public:
  static constexpr napi_type_tag kTypeTag = {0x97c6e41db85a4f02, 0xb30d7a5f12e94c68};
  static Napi::Function Define(Napi::Env env);

  explicit StagingClass(const Napi::CallbackInfo& info);

  // Null if it was taken before.
  std::unique_ptr<StagingDir> Take() noexcept { return std::move(dir_); }

 private:
  static Napi::Value Path(const Napi::CallbackInfo& info);

  std::unique_ptr<StagingDir> dir_;
  std::string path_;
};

}  // namespace ckpt
