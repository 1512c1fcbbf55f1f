#pragma once
// The addon's operations on files. Arguments are those of `Addon` in lib/addon.ts; the last one,
// `sync`, chooses between a value and a promise of it.

#include "napi_setup.h"

namespace ckpt {

Napi::Value WriteShards(const Napi::CallbackInfo& info);
Napi::Value CompareRows(const Napi::CallbackInfo& info);
Napi::Value LinkShards(const Napi::CallbackInfo& info);
Napi::Value Commit(const Napi::CallbackInfo& info);
Napi::Value Discard(const Napi::CallbackInfo& info);
Napi::Value RemoveFiles(const Napi::CallbackInfo& info);
Napi::Value Checksum(const Napi::CallbackInfo& info);

}  // namespace ckpt
