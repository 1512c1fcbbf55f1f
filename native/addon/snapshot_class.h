#pragma once

#include <memory>

#include "../core/snapshot.h"
#include "napi_setup.h"

namespace ckpt {

// `Snapshot` of lib/native.ts. Holds the copied memory, or a reference to the live arrays.
class SnapshotClass final : public Napi::ObjectWrap<SnapshotClass> {
 public:
  static constexpr napi_type_tag kTypeTag = {0xf3a2086e5bd14c79, 0x814e2cb96d07a5f3};
  static Napi::Function Define(Napi::Env env);

  explicit SnapshotClass(const Napi::CallbackInfo& info);

  // Null once released. An operation keeps its own reference, to this and to the arrays.
  const std::shared_ptr<Snapshot>& snapshot() const noexcept { return snapshot_; }
  Napi::ObjectReference NewArraysReference() const;

  struct Payload {
    std::shared_ptr<Snapshot> snapshot;
    Napi::Value arrays;  // empty when copied
  };

 private:
  static Napi::Value ByteLength(const Napi::CallbackInfo& info);
  static Napi::Value Copied(const Napi::CallbackInfo& info);
  void Release(const Napi::CallbackInfo& info);

  std::shared_ptr<Snapshot> snapshot_;
  Napi::ObjectReference arrays_;
  double byte_length_ = 0;
  bool copied_ = false;
};

// capture(sources, copy)
Napi::Value Capture(const Napi::CallbackInfo& info);

}  // namespace ckpt
