#include "mapping_class.h"

#include <cstring>

#include "../core/durable.h"
#include "../core/extent.h"
#include "args.h"
#include "env_data.h"
#include "errors.h"
#include "task.h"

namespace ckpt {
namespace {

// Basic: runs inside garbage collection, possibly after the environment's JavaScript is gone.
void ReleaseMapping(napi_env, void*, void* owner) {
  delete static_cast<std::shared_ptr<Mapping>*>(owner);
}

Napi::Value CopyToBuffer(Napi::Env env, Bytes bytes) {
  Napi::ArrayBuffer copy = Napi::ArrayBuffer::New(env, bytes.size());
  std::memcpy(copy.Data(), bytes.data(), bytes.size());
  return copy;
}

}  // namespace

Napi::Function MappingClass::Define(Napi::Env env) {
  const Napi::Function constructor =
      DefineClass(env, "Mapping",
                  {InstanceMethod<&MappingClass::View>("view"),
                   InstanceMethod<&MappingClass::ReadInto>("readInto"),
                   InstanceMethod<&MappingClass::CloseFile>("closeFile")});
  DefineGetter<MappingClass::Size>(constructor, "size");
  return constructor;
}

MappingClass::MappingClass(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  auto payload = EnvData::Get(info.Env()).TakePayload<Payload>(info.Env());
  mapping_ = std::move(payload.mapping);
  file_ = std::move(payload.file);
  info.This().As<Napi::Object>().TypeTag(&kTypeTag);
}

Napi::Value MappingClass::Size(const Napi::CallbackInfo& info) {
  const MappingClass& self = UnwrapAs<MappingClass>(info.This(), "this");
  return Napi::Number::New(info.Env(), static_cast<double>(self.mapping_->bytes().size()));
}

std::span<std::byte> MappingClass::Range(Napi::Env env, double offset, double length) const {
  Extent extent;
  if (!ToUint64(offset, &extent.offset) || !ToUint64(length, &extent.length) ||
      !extent.FitsIn(mapping_->bytes().size())) {
    throw ToError(env, Status::Invalid("the range lies outside of '" + mapping_->path() + "'"));
  }
  return mapping_->bytes().subspan(extent.offset, extent.length);
}

Napi::Value MappingClass::View(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::span<std::byte> bytes =
      Range(env, ReadNumber(info[0], "offset"), ReadNumber(info[1], "length"));
  if (bytes.empty()) throw ToError(env, Status::Invalid("a view needs at least one byte"));
  // On Node 20 a failing external-buffer call above the limit runs the finalizer, and the wrapper
  // then frees the owner again: the process aborts. Check before calling.
  const uint64_t limit = EnvData::Get(env).max_buffer_length;
  if (bytes.size() > limit) {
    throw ToError(env, Status::TooLarge("larger than the largest ArrayBuffer of this Node",
                                        bytes.size(), limit));
  }
  auto* owner = new std::shared_ptr<Mapping>(mapping_);
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_arraybuffer(env, bytes.data(), bytes.size(),
                                                              &ReleaseMapping, owner, &buffer);
  if (status == napi_ok) return Napi::Value(env, buffer);
  if (status == napi_no_external_buffers_allowed) {  // Electron
    delete owner;
    return CopyToBuffer(env, bytes);
  }
  // Whether the finalizer ran is unknown: rather leak a reference than drop one too many.
  throw Napi::Error::New(env);
}

void MappingClass::ReadInto(const Napi::CallbackInfo& info) {
  const std::span<std::byte> target = ReadUint8Array(info[1], "target");
  const Bytes bytes =
      Range(info.Env(), ReadNumber(info[0], "offset"), static_cast<double>(target.size()));
  if (bytes.empty()) return;
  const uint64_t offset = static_cast<uint64_t>(bytes.data() - mapping_->bytes().data());
  const Status status = file_.valid() ? ReadAll(file_.get(), target, offset, mapping_->path())
                                      : mapping_->Require(offset, bytes.size());
  if (!status.ok()) throw ToError(info.Env(), status);
  // The target may be a view of the same pages.
  if (!file_.valid()) std::memmove(target.data(), bytes.data(), bytes.size());
}

void MappingClass::CloseFile(const Napi::CallbackInfo&) { file_.Close(); }

namespace {

struct Opened {
  Mappings mappings;
  std::vector<UniqueFd> files;  // of the first mappings
};

Napi::Value ToArray(Napi::Env env, Opened opened) {
  EnvData& data = EnvData::Get(env);
  Napi::Array array = Napi::Array::New(env, opened.mappings.size());
  for (uint32_t i = 0; i < opened.mappings.size(); ++i) {
    MappingClass::Payload payload{std::move(opened.mappings[i]), {}};
    if (i < opened.files.size()) payload.file = std::move(opened.files[i]);
    array.Set(i, data.NewObject(data.mapping_class, std::move(payload)));
  }
  return array;
}

}  // namespace

Napi::Value OpenMappings(const Napi::CallbackInfo& info) {
  std::vector<std::string> paths = ReadPaths(info[0], "paths");
  const bool sync = ReadBoolean(info[1], "sync");
  auto job = std::make_shared<Job>();
  const auto open = [paths = std::move(paths), job]() -> Result<Opened> {
    Opened opened;
    Result<Mappings> mappings = OpenMappings(paths, *job, &opened.files);
    if (!mappings.ok()) return mappings.status();
    opened.mappings = std::move(mappings).value();
    return opened;
  };
  return Operation<Opened>{job, open, ToArray, {}}.Start(info.Env(), sync);
}

}  // namespace ckpt
