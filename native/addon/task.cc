#include "task.h"

#include <system_error>

namespace ckpt {

Task::Task(Napi::Env env, std::shared_ptr<Job> job, References references)
    : job_(std::move(job)),
      references_(std::move(references)),
      deferred_(Napi::Promise::Deferred::New(env)) {}

Napi::Value Task::Start(Napi::Env env, std::unique_ptr<Task> owned) {
  Task* task = owned.get();
  const Napi::Promise promise = task->deferred_.Promise();
  const Napi::String name = Napi::String::New(env, "ndcheckpoint");
  // It keeps the event loop alive until the thread is done.
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, task,
                                      &Task::OnDone, &task->done_) != napi_ok) {
    throw Napi::Error::New(env);
  }
  EnvData& data = EnvData::Get(env);
  const auto fail = [&](int error, const char* syscall) {
    if (!owned) owned = data.Remove(task);
    // The loop would wait for it for ever.
    napi_release_threadsafe_function(task->done_, napi_tsfn_abort);
    owned->deferred_.Reject(ToError(env, Status::FromErrno(error, syscall, {})).Value());
  };
  try {
    data.Add(owned);
    task->thread_ = std::thread([task] { task->ThreadMain(); });
  } catch (const std::system_error& error) {
    fail(error.code().value(), "pthread_create");
  } catch (const std::bad_alloc&) {
    fail(ENOMEM, "malloc");
  }
  return promise;
}

void Task::ThreadMain() noexcept {
  Run();
  // Closing: the environment ends, its cleanup hook waits for this thread, and the function may not
  // be touched again.
  if (napi_call_threadsafe_function(done_, nullptr, napi_tsfn_nonblocking) == napi_closing) return;
  napi_release_threadsafe_function(done_, napi_tsfn_release);
}

void Task::Join() noexcept {
  if (thread_.joinable()) thread_.join();
}

void Task::OnDone(napi_env raw, napi_value, void* context, void*) noexcept {
  // Without an environment the cleanup hook has already deleted the task.
  if (raw == nullptr) return;
  const Napi::Env env(raw);
  Napi::HandleScope scope(env);
  auto* task = static_cast<Task*>(context);
  task->Join();  // it is about to release its function and end
  const std::unique_ptr<Task> owned = EnvData::Get(env).Remove(task);
  if (!owned) return;
  try {
    owned->Settle(env);
  } catch (const std::exception&) {
    // A worker that is being terminated may not run JavaScript, not even to settle a promise.
  }
}

void Task::Settle(Napi::Env env) {
  Napi::Value value;
  try {
    value = Value(env);
  } catch (const Napi::Error& error) {
    deferred_.Reject(error.Value());
    return;
  } catch (const std::bad_alloc&) {
    deferred_.Reject(ToError(env, Status::FromErrno(ENOMEM, "malloc", {})).Value());
    return;
  }
  deferred_.Resolve(value);
}

}  // namespace ckpt
