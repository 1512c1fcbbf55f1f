#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "../core/counters.h"
#include "../core/job.h"
#include "env_data.h"
#include "errors.h"
#include "napi_setup.h"

namespace ckpt {

// One operation on a thread of its own, with a promise: not on libuv's pool, whose four threads a
// save of gigabytes would occupy for seconds.
//
// Owned by EnvData from Start until its result has been delivered or the environment ends.
// Everything but Run happens on the JavaScript thread.
class Task {
 public:
  using References = std::vector<Napi::ObjectReference>;

  // `references` keeps what Run reads through spans.
  Task(Napi::Env env, std::shared_ptr<Job> job, References references);
  virtual ~Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  static Napi::Value Start(Napi::Env env, std::unique_ptr<Task> task);

  void Cancel() noexcept { job_->Cancel(); }
  void Join() noexcept;

 protected:
  // On the task's thread; may not call Node-API.
  virtual void Run() noexcept = 0;
  // Makes the result, or throws the failure.
  virtual Napi::Value Value(Napi::Env env) = 0;

 private:
  void ThreadMain() noexcept;
  void Settle(Napi::Env env);
  static void OnDone(napi_env env, napi_value callback, void* context, void* data) noexcept;

  std::shared_ptr<Job> job_;
  References references_;
  Napi::Promise::Deferred deferred_;
  // Held by the thread, which releases it with its last call into Node-API.
  napi_threadsafe_function done_ = nullptr;
  std::thread thread_;
  Counted<Kind::kTask> counted_;
};

// A task made of two functions: run() gives a Result<T>, value(env, T) makes a JavaScript value.
template <typename T>
class OperationTask final : public Task {
 public:
  using RunFunction = std::function<Result<T>()>;
  using ValueFunction = std::function<Napi::Value(Napi::Env, T)>;

  OperationTask(Napi::Env env, std::shared_ptr<Job> job, References references, RunFunction run,
                ValueFunction value)
      : Task(env, std::move(job), std::move(references)),
        run_(std::move(run)),
        value_(std::move(value)) {}

 private:
  void Run() noexcept override {
    result_.emplace(NoThrow([&] { return run_(); }));
  }
  Napi::Value Value(Napi::Env env) override {
    return value_(env, ValueOrThrow(env, std::move(*result_)));
  }

  RunFunction run_;
  ValueFunction value_;
  std::optional<Result<T>> result_;
};

// Runs an operation in either manner: at once, giving its value, or as a task, giving a promise.
template <typename T>
struct Operation {
  std::shared_ptr<Job> job;
  std::function<Result<T>()> run;
  std::function<Napi::Value(Napi::Env, T)> value;
  Task::References references;

  Napi::Value Start(Napi::Env env, bool sync) && {
    if (sync) return value(env, ValueOrThrow(env, run()));
    return Task::Start(
        env, std::make_unique<OperationTask<T>>(env, std::move(job), std::move(references),
                                                std::move(run), std::move(value)));
  }
};

inline Napi::Value Undefined(Napi::Env env, Done) { return env.Undefined(); }

}  // namespace ckpt
