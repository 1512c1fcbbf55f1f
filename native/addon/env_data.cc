#include "env_data.h"

#include "../core/extent.h"
#include "task.h"

namespace ckpt {
namespace {

uint64_t MaxBufferLength(Napi::Env env) {
  // buffer.constants.MAX_LENGTH: 4 GiB up to Node 21, 2^53 - 1 from 22 on.
  return Napi::VersionManagement::GetNodeVersion(env)->major < 22 ? uint64_t{1} << 32
                                                                  : kMaxSafeInteger;
}

}  // namespace

EnvData& EnvData::Init(Napi::Env env) {
  auto* data = new EnvData;
  env.SetInstanceData<EnvData>(data);
  data->max_buffer_length = MaxBufferLength(env);
  // Hooks run in reverse order: each task's thread-safe function, made later, is already closing
  // when ours joins the threads, and none is freed before all hooks have run. So no thread can
  // touch a freed one.
  napi_add_env_cleanup_hook(env, &EnvData::Cleanup, data);
  return *data;
}

EnvData::~EnvData() = default;

void EnvData::Add(std::unique_ptr<Task>& task) {
  // In two steps: an allocation that fails leaves the caller its task.
  tasks_[task.get()] = nullptr;
  tasks_[task.get()] = std::move(task);
}

std::unique_ptr<Task> EnvData::Remove(Task* task) {
  const auto found = tasks_.find(task);
  if (found == tasks_.end()) return nullptr;
  std::unique_ptr<Task> owned = std::move(found->second);
  tasks_.erase(found);
  return owned;
}

void EnvData::Cleanup(void* raw) noexcept {
  auto* data = static_cast<EnvData*>(raw);
  for (auto& [task, owned] : data->tasks_) task->Cancel();
  for (auto& [task, owned] : data->tasks_) task->Join();
  // Drops staging directories and references. The promises stay unsettled: nobody can wait for them
  // any more.
  data->tasks_.clear();
}

}  // namespace ckpt
