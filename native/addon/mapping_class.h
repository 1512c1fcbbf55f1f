#pragma once

#include <memory>

#include "../core/mapping.h"
#include "napi_setup.h"

namespace ckpt {

// `Mapping` of lib/data-plane.ts. Holds one reference to the mapping, as does every buffer it
// makes, and the open file until closeFile: reading the headers of a thousand arrays through the
// mapping would bring in a large page for each of them.
class MappingClass final : public Napi::ObjectWrap<MappingClass> {
 public:
  static constexpr napi_type_tag kTypeTag = {0x2d7e95b3c04f4b16, 0xa58f61e2d93c7b04};
  static Napi::Function Define(Napi::Env env);

  struct Payload {
    std::shared_ptr<Mapping> mapping;
    UniqueFd file;
  };

  explicit MappingClass(const Napi::CallbackInfo& info);
  const std::shared_ptr<Mapping>& mapping() const noexcept { return mapping_; }

 private:
  static Napi::Value Size(const Napi::CallbackInfo& info);
  Napi::Value View(const Napi::CallbackInfo& info);
  void ReadInto(const Napi::CallbackInfo& info);
  void CloseFile(const Napi::CallbackInfo& info);

  // The bytes of a range, or a thrown kInvalid.
  std::span<std::byte> Range(Napi::Env env, double offset, double length) const;

  std::shared_ptr<Mapping> mapping_;
  UniqueFd file_;
};

// openMappings(paths, sync): Mapping[] or a promise of it.
Napi::Value OpenMappings(const Napi::CallbackInfo& info);

}  // namespace ckpt
