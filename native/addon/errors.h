#pragma once

#include "../core/status.h"
#include "napi_setup.h"

namespace ckpt {

// A failed status as the `NativeFailure` of lib/native.ts.
Napi::Error ToError(Napi::Env env, const Status& status);

// The value of a result, or its failure thrown.
template <typename T>
T ValueOrThrow(Napi::Env env, Result<T> result) {
  if (!result.ok()) throw ToError(env, result.status());
  return std::move(result).value();
}

inline Result<Done> ToResult(Status status) {
  if (!status.ok()) return status;
  return Done{};
}

}  // namespace ckpt
