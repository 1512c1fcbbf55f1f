#pragma once
// Named points at which a test can stop the process or make a step fail. In builds with
// CKPT_FAILPOINTS the variable CKPT_FAILPOINT=name raises SIGKILL there, CKPT_FAILPOINT=name:errno
// fails with that errno. Other builds contain nothing of it.

#include "status.h"

#ifdef CKPT_FAILPOINTS
#include <csignal>
#include <cstdlib>
#include <cstring>
#endif

namespace ckpt {

#ifdef CKPT_FAILPOINTS
inline Status Failpoint(const char* name) {
  const char* wanted = std::getenv("CKPT_FAILPOINT");
  const size_t length = std::strlen(name);
  if (wanted == nullptr || std::strncmp(wanted, name, length) != 0) return Status::Ok();
  if (wanted[length] == '\0') std::raise(SIGKILL);
  if (wanted[length] != ':') return Status::Ok();
  return Status::FromErrno(std::atoi(wanted + length + 1), "failpoint", name);
}
#else
inline Status Failpoint(const char*) { return Status::Ok(); }
#endif

}  // namespace ckpt
