#include "spare_shards_class.h"

#include "args.h"
#include "env_data.h"
#include "errors.h"
#include "task.h"

namespace ckpt {

Napi::Function SpareShardsClass::Define(Napi::Env env) {
  const Napi::Function constructor =
      DefineClass(env, "SpareShards",
                  {InstanceMethod<&SpareShardsClass::Add>("add"),
                   InstanceMethod<&SpareShardsClass::Clear>("clear")});
  DefineGetter<SpareShardsClass::ByteLength>(constructor, "byteLength");
  return constructor;
}

SpareShardsClass::SpareShardsClass(const Napi::CallbackInfo& info)
    : ObjectWrap(info),
      spares_(EnvData::Get(info.Env()).TakePayload<std::shared_ptr<SpareShards>>(info.Env())) {
  info.This().As<Napi::Object>().TypeTag(&kTypeTag);
}

Napi::Value SpareShardsClass::ByteLength(const Napi::CallbackInfo& info) {
  const SpareShardsClass& self = UnwrapAs<SpareShardsClass>(info.This(), "this");
  return Napi::Number::New(info.Env(), static_cast<double>(self.spares_->bytes()));
}

Napi::Value SpareShardsClass::Add(const Napi::CallbackInfo& info) {
  std::vector<std::string> paths = ReadPaths(info[0], "paths");
  const bool durable = ReadBoolean(info[1], "durable");
  const bool sync = ReadBoolean(info[2], "sync");
  auto job = std::make_shared<Job>();
  return Operation<Done>{job,
                         [paths = std::move(paths), durable, spares = spares_, job] {
                           return ToResult(spares->Add(paths, durable, *job));
                         },
                         Undefined,
                         {}}
      .Start(info.Env(), sync);
}

Napi::Value SpareShardsClass::Clear(const Napi::CallbackInfo& info) {
  const bool sync = ReadBoolean(info[0], "sync");
  return Operation<Done>{std::make_shared<Job>(),
                         [spares = spares_]() -> Result<Done> {
                           spares->Clear();
                           return Done{};
                         },
                         Undefined,
                         {}}
      .Start(info.Env(), sync);
}

Napi::Value CreateSpareShards(const Napi::CallbackInfo& info) {
  EnvData& data = EnvData::Get(info.Env());
  return data.NewObject(data.spare_shards_class,
                        std::make_shared<SpareShards>(ReadPath(info[0], "directory")));
}

}  // namespace ckpt
