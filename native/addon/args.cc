#include "args.h"

#include <algorithm>
#include <cmath>

#include "../core/parallel.h"

namespace ckpt {
namespace {

// No type has it, and the enumeration can hold it.
constexpr auto kUnknownType = static_cast<napi_typedarray_type>(15);

size_t ElementSize(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      return 1;
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    default:
      return 0;  // a type that came after Node-API 9
  }
}

std::span<std::byte> ReadTyped(const Napi::Value& value, napi_typedarray_type* type) {
  size_t length = 0;
  void* data = nullptr;
  *type = kUnknownType;  // stays so for Float16Array where Node-API does not know it
  if (napi_get_typedarray_info(value.Env(), value, type, &length, &data, nullptr, nullptr) !=
      napi_ok) {
    throw Napi::Error::New(value.Env());
  }
  size_t bytes = length * ElementSize(*type);
  if (length > 0 && bytes == 0) {
    const Napi::Value property = value.As<Napi::Object>().Get("byteLength");
    bytes = static_cast<size_t>(property.ToNumber().Int64Value());
  }
  if (bytes == 0) return {};
  return {static_cast<std::byte*>(data), bytes};
}

}  // namespace

void ThrowTypeError(Napi::Env env, const char* name, const char* expected) {
  throw Napi::TypeError::New(env, std::string(name) + " must be " + expected);
}

Bytes ReadView(const Napi::Value& value, const char* name) {
  if (value.IsTypedArray()) {
    napi_typedarray_type type;
    return ReadTyped(value, &type);
  }
  if (!value.IsDataView()) ThrowTypeError(value.Env(), name, "a typed array or DataView");
  size_t bytes = 0;
  void* data = nullptr;
  // Fails for a view whose buffer was detached.
  if (napi_get_dataview_info(value.Env(), value, &bytes, &data, nullptr, nullptr) != napi_ok) {
    throw Napi::Error::New(value.Env());
  }
  if (bytes == 0) return {};
  return {static_cast<const std::byte*>(data), bytes};
}

bool IsShared(const Napi::Value& view) {
  const Napi::Env env = view.Env();
  napi_value buffer = nullptr;
  const napi_status status =
      view.IsTypedArray()
          ? napi_get_typedarray_info(env, view, nullptr, nullptr, nullptr, &buffer, nullptr)
          : napi_get_dataview_info(env, view, nullptr, nullptr, &buffer, nullptr);
  if (status != napi_ok) throw Napi::Error::New(env);
  return !Napi::Value(env, buffer).IsArrayBuffer();
}

std::span<std::byte> ReadUint8Array(const Napi::Value& value, const char* name) {
  napi_typedarray_type type = kUnknownType;
  std::span<std::byte> bytes;
  if (value.IsTypedArray()) bytes = ReadTyped(value, &type);
  if (type != napi_uint8_array) ThrowTypeError(value.Env(), name, "a Uint8Array");
  return bytes;
}

std::span<const double> ReadFloat64Array(const Napi::Value& value, const char* name) {
  napi_typedarray_type type = kUnknownType;
  std::span<std::byte> bytes;
  if (value.IsTypedArray()) bytes = ReadTyped(value, &type);
  if (type != napi_float64_array) ThrowTypeError(value.Env(), name, "a Float64Array");
  return {reinterpret_cast<const double*>(bytes.data()), bytes.size() / sizeof(double)};
}

Napi::Array ReadArray(const Napi::Value& value, const char* name) {
  if (!value.IsArray()) ThrowTypeError(value.Env(), name, "an array");
  return value.As<Napi::Array>();
}

Napi::Object ReadObject(const Napi::Value& value, const char* name) {
  if (!value.IsObject()) ThrowTypeError(value.Env(), name, "an object");
  return value.As<Napi::Object>();
}

double ReadNumber(const Napi::Value& value, const char* name) {
  if (!value.IsNumber()) ThrowTypeError(value.Env(), name, "a number");
  return value.As<Napi::Number>().DoubleValue();
}

bool ReadBoolean(const Napi::Value& value, const char* name) {
  if (!value.IsBoolean()) ThrowTypeError(value.Env(), name, "a boolean");
  return value.As<Napi::Boolean>().Value();
}

int ReadThreads(const Napi::Value& value) {
  const double threads = ReadNumber(value, "threads");
  if (std::isnan(threads)) return 1;
  return static_cast<int>(std::clamp(threads, 1.0, static_cast<double>(kMaxThreads)));
}

std::string ReadPath(const Napi::Value& value, const char* name) {
  if (!value.IsString()) ThrowTypeError(value.Env(), name, "a string");
  std::string path = value.As<Napi::String>().Utf8Value();
  if (path.empty() || path.find('\0') != std::string::npos) {
    ThrowTypeError(value.Env(), name, "a path, not empty and without NUL characters");
  }
  return path;
}

std::vector<std::string> ReadPaths(const Napi::Value& value, const char* name) {
  const Napi::Array array = ReadArray(value, name);
  std::vector<std::string> paths;
  paths.reserve(array.Length());
  for (uint32_t i = 0; i < array.Length(); ++i) {
    Napi::HandleScope scope(value.Env());
    paths.push_back(ReadPath(array.Get(i), name));
  }
  return paths;
}

}  // namespace ckpt
