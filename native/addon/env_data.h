#pragma once

#include <memory>
#include <unordered_map>

#include "napi_setup.h"

namespace ckpt {

class Task;

// What one environment (the main thread, or one worker) needs: its classes and its running tasks.
// Lives as instance data; used on the environment's thread only.
class EnvData {
 public:
  // Creates the data and the cleanup hook. Called once, before any task can start.
  static EnvData& Init(Napi::Env env);
  static EnvData& Get(Napi::Env env) { return *env.GetInstanceData<EnvData>(); }

  EnvData(const EnvData&) = delete;
  EnvData& operator=(const EnvData&) = delete;
  ~EnvData();

  Napi::FunctionReference mapping_class;
  Napi::FunctionReference loaded_class;
  Napi::FunctionReference snapshot_class;
  Napi::FunctionReference staging_class;
  Napi::FunctionReference directory_lock_class;
  Napi::FunctionReference spare_shards_class;

  // Bytes of the largest ArrayBuffer of this Node.
  uint64_t max_buffer_length = 0;

  // Makes an object of one of the classes around `payload`. A constructor finds its payload here
  // and nowhere else, so that JavaScript cannot build an object around something else.
  template <typename T>
  Napi::Object NewObject(const Napi::FunctionReference& constructor, T payload) {
    struct Pending {  // gone with the payload, even if the constructor never ran
      void*& slot;
      ~Pending() { slot = nullptr; }
    } pending{pending_};
    pending_ = &payload;
    return constructor.New({});
  }
  template <typename T>
  T TakePayload(Napi::Env env) {
    void* payload = std::exchange(pending_, nullptr);
    if (payload == nullptr) throw Napi::TypeError::New(env, "illegal constructor");
    return std::move(*static_cast<T*>(payload));
  }

  // Takes the task, unless an allocation fails.
  void Add(std::unique_ptr<Task>& task);
  std::unique_ptr<Task> Remove(Task* task);

 private:
  EnvData() = default;
  static void Cleanup(void* data) noexcept;

  void* pending_ = nullptr;
  std::unordered_map<Task*, std::unique_ptr<Task>> tasks_;
};

// The native object behind `value`; TypeError for any other object. T has a kTypeTag, and tagged
// its object when it was constructed.
template <typename T>
T& UnwrapAs(const Napi::Value& value, const char* name) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&T::kTypeTag)) {
    throw Napi::TypeError::New(value.Env(), std::string(name) + " is not an object of this addon");
  }
  return *T::Unwrap(value.As<Napi::Object>());
}

// Defines a getter on a class. Not ObjectWrap's accessors: unlike methods they take any receiver,
// so that Mapping's getter would read a Snapshot as if it were a Mapping. `getter` calls UnwrapAs.
template <Napi::Value (*getter)(const Napi::CallbackInfo&)>
void DefineGetter(Napi::Function constructor, const char* name) {
  constructor.Get("prototype")
      .As<Napi::Object>()
      .DefineProperty(Napi::PropertyDescriptor::Accessor<getter>(name, napi_enumerable));
}

}  // namespace ckpt
