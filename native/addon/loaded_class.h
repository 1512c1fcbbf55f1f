#pragma once

#include <memory>
#include <vector>

#include "../core/range_reader.h"
#include "napi_setup.h"

namespace ckpt {

// `Loaded` of lib/data-plane.ts. Holds one reference to the memory, as does every buffer over it.
class LoadedClass final : public Napi::ObjectWrap<LoadedClass> {
 public:
  static constexpr napi_type_tag kTypeTag = {0x6b1f0c8ad2e74953, 0x9d40b7e35a6c21f8};
  static Napi::Function Define(Napi::Env env);

  struct Payload {
    Loaded loaded;
  };

  explicit LoadedClass(const Napi::CallbackInfo& info);
  void Finalize(Napi::BasicEnv env) override;

 private:
  static Napi::Value Checksums(const Napi::CallbackInfo& info);
  Napi::Value Take(const Napi::CallbackInfo& info);
  void ReadInto(const Napi::CallbackInfo& info);

  // The number of a row that was not taken yet, or a thrown kInvalid.
  size_t Row(Napi::Env env, double number) const;
  // What is not in a buffer that the runtime counts, for its collector to know of.
  void Account(Napi::BasicEnv env, int64_t change);

  std::shared_ptr<LoadedMemory> memory_;
  std::vector<uint32_t> crcs_;
  std::vector<bool> taken_;
  int64_t accounted_ = 0;
};

// load(job, paths, ranges, threads, sync): Loaded or a promise of it.
Napi::Value Load(const Napi::CallbackInfo& info);

}  // namespace ckpt
