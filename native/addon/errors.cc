#include "errors.h"

namespace ckpt {
namespace {

const char* NameOf(Code code) {
  switch (code) {
    case Code::kAborted:
      return "aborted";
    case Code::kCorrupt:
      return "corrupt";
    case Code::kTooLarge:
      return "too-large";
    case Code::kInvalid:
      return "invalid";
    case Code::kOk:
    case Code::kIo:
      break;
  }
  return "io";
}

}  // namespace

Napi::Error ToError(Napi::Env env, const Status& status) {
  Napi::Error error = Napi::Error::New(env, status.message);
  Napi::Object value = error.Value();
  value.Set("status", NameOf(status.code));
  value.Set("osErrno", status.os_errno);
  value.Set("syscall", status.syscall);
  value.Set("path", status.path);
  value.Set("bytes", status.bytes);
  value.Set("limit", status.limit);
  return error;
}

}  // namespace ckpt
