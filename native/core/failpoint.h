#pragma once
// Named points at which a test can stop the process or make a step fail. In builds with
// CKPT_FAILPOINTS the variable CKPT_FAILPOINT=NAME[@COUNT][:ACTION] says where and how. NAME is a
// point or * for any; with COUNT only the pass of that number, from 1, else each. Without ACTION
// the process is killed there; a number is the errno that the step fails with; `usr2` sends SIGUSR2
// to the process and stays for a moment, so that the program can end while this thread is there;
// `wait` does so until the variable is gone. Other builds contain nothing of it.

#include "status.h"

#ifdef CKPT_FAILPOINTS
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#endif

namespace ckpt {

#ifdef CKPT_FAILPOINTS
inline Status Failpoint(const char* name) {
  static std::atomic<long> passed{0};
  constexpr useconds_t kStep = 1000;
  constexpr int kSteps = 200;
  constexpr int kPatience = 10'000;
  const char* wanted = std::getenv("CKPT_FAILPOINT");
  if (wanted == nullptr) {
    passed = 0;
    return Status::Ok();
  }
  const std::string_view point(wanted, std::strcspn(wanted, "@:"));
  if (point != "*" && point != name) return Status::Ok();
  const char* action = wanted + point.size();
  if (*action == '@') {
    char* end = nullptr;
    if (++passed != std::strtol(action + 1, &end, 10)) return Status::Ok();
    action = end;
  }
  if (*action == '\0') std::raise(SIGKILL);
  const bool waits = std::strcmp(action, ":wait") == 0;
  if (!waits && std::strcmp(action, ":usr2") != 0) {
    return Status::FromErrno(std::atoi(action + 1), "failpoint", name);
  }
  ::kill(::getpid(), SIGUSR2);
  for (int i = waits ? kPatience : kSteps; i > 0 && std::getenv("CKPT_FAILPOINT") != nullptr; --i) {
    ::usleep(kStep);
  }
  return Status::Ok();
}
#else
inline Status Failpoint(const char*) { return Status::Ok(); }
#endif

}  // namespace ckpt
