#pragma once

#include <memory>

#include "../core/snapshot.h"
#include "napi_setup.h"

namespace ckpt {

// `Snapshot` of lib/native.ts. Holds the copied memory, or references to the live arrays.
class SnapshotClass final : public Napi::ObjectWrap<SnapshotClass> {
 public:
  static constexpr napi_type_tag kTypeTag = {0xf3a2086e5bd14c79, 0x814e2cb96d07a5f3};
  static Napi::Function Define(Napi::Env env);

  explicit SnapshotClass(const Napi::CallbackInfo& info);

  // Null once released. An operation keeps its own reference, to this and to the plan.
  const std::shared_ptr<Snapshot>& snapshot() const noexcept { return snapshot_; }
  Napi::ObjectReference NewPlanReference() const;

  struct Payload {
    std::shared_ptr<Snapshot> snapshot;
    Napi::Object plan;  // what the layout's spans refer to
  };

 private:
  static Napi::Value ByteLength(const Napi::CallbackInfo& info);
  void Fill(const Napi::CallbackInfo& info);
  void SetHead(const Napi::CallbackInfo& info);
  void Release(const Napi::CallbackInfo& info);

  std::shared_ptr<Snapshot> snapshot_;
  Napi::ObjectReference plan_;
  double byte_length_ = 0;
};

// createSnapshot(plan, mode)
Napi::Value CreateSnapshot(const Napi::CallbackInfo& info);

}  // namespace ckpt
