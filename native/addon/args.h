#pragma once
// Reads arguments, or throws a TypeError that names them. Spans refer to the memory of the
// JavaScript object: whoever keeps one beyond the call keeps a reference to that object.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "../core/shard_layout.h"
#include "napi_setup.h"

namespace ckpt {

// Any typed array or DataView, over an ArrayBuffer or a SharedArrayBuffer. Empty once detached.
Bytes ReadView(const Napi::Value& value, const char* name);
// Whether a view, as ReadView takes them, is one of a SharedArrayBuffer. Runs nothing of the
// program's.
bool IsShared(const Napi::Value& view);
std::span<std::byte> ReadUint8Array(const Napi::Value& value, const char* name);
std::span<const double> ReadFloat64Array(const Napi::Value& value, const char* name);
Napi::Array ReadArray(const Napi::Value& value, const char* name);
Napi::Object ReadObject(const Napi::Value& value, const char* name);
double ReadNumber(const Napi::Value& value, const char* name);
bool ReadBoolean(const Napi::Value& value, const char* name);
// 1..16
int ReadThreads(const Napi::Value& value);
// Without NUL characters, which would cut it short.
std::string ReadPath(const Napi::Value& value, const char* name);
std::vector<std::string> ReadPaths(const Napi::Value& value, const char* name);

[[noreturn]] void ThrowTypeError(Napi::Env env, const char* name, const char* expected);

}  // namespace ckpt
