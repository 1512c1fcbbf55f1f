#pragma once
// Identities of files as rows of a BigUint64Array: FILE_COLUMNS of lib/data-plane.ts.

#include <span>
#include <vector>

#include "../core/file_identity.h"
#include "napi_setup.h"

namespace ckpt {

inline constexpr size_t kFileColumns = 4;

inline Napi::Value ToFileColumns(Napi::Env env, std::span<const FileIdentity> files) {
  Napi::BigUint64Array array = Napi::BigUint64Array::New(env, files.size() * kFileColumns);
  uint64_t* cell = array.Data();
  for (const FileIdentity& file : files) {
    *cell++ = file.device;
    *cell++ = file.inode;
    *cell++ = file.size;
    *cell++ = file.modified;
  }
  return array;
}

inline std::vector<FileIdentity> ReadFileColumns(const Napi::Value& value) {
  const bool isArray =
      value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_biguint64_array;
  if (!isArray) throw Napi::TypeError::New(value.Env(), "files must be a BigUint64Array");
  const auto array = value.As<Napi::BigUint64Array>();
  std::vector<FileIdentity> files;
  const uint64_t* cell = array.Data();
  for (size_t i = 0; i < array.ElementLength() / kFileColumns; ++i, cell += kFileColumns) {
    files.push_back({cell[0], cell[1], cell[2], cell[3]});
  }
  return files;
}

}  // namespace ckpt
