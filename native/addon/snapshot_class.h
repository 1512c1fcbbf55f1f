#pragma once

#include <memory>

#include "../core/snapshot.h"
#include "napi_setup.h"

namespace ckpt {

// `Snapshot` of lib/data-plane.ts. Holds the copied memory, or references to the live arrays.
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
    Napi::Object plan;                  // what the layout's spans refer to; empty: nothing
    RefilledImage* refilled = nullptr;  // the same snapshot, if it is one
    bool is_copy = false;               // once filled, it refers to nothing
  };

  // Gives the snapshot up to a later one that can use its memory; it stays if none comes of it.
  std::shared_ptr<Snapshot>& last() noexcept { return snapshot_; }

 private:
  static Napi::Value ByteLength(const Napi::CallbackInfo& info);
  static Napi::Value Refillable(const Napi::CallbackInfo& info);
  Snapshot& Get(Napi::Env env) const;
  void Fill(const Napi::CallbackInfo& info);
  Napi::Value Refill(const Napi::CallbackInfo& info);
  Napi::Value Changed(const Napi::CallbackInfo& info);
  Napi::Value Part(const Napi::CallbackInfo& info);
  void Filled();
  void SetHead(const Napi::CallbackInfo& info);
  void Release(const Napi::CallbackInfo& info);

  std::shared_ptr<Snapshot> snapshot_;
  Napi::ObjectReference plan_;
  RefilledImage* refilled_ = nullptr;
  bool is_copy_ = false;
  double byte_length_ = 0;
};

// createSnapshot(plan, mode, last)
Napi::Value CreateSnapshot(const Napi::CallbackInfo& info);

}  // namespace ckpt
