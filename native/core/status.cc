#include "status.h"

#include <system_error>

namespace ckpt {

Status Status::FromErrno(int err, const char* syscall, std::string path) {
  Status status;
  status.code = Code::kIo;
  status.os_errno = err;
  status.syscall = syscall;
  // Not strerror: two threads may fail at once.
  status.message =
      std::string(syscall) + " of '" + path + "' failed: " + std::generic_category().message(err);
  status.path = std::move(path);
  return status;
}

Status Status::Aborted() {
  Status status;
  status.code = Code::kAborted;
  status.message = "the operation was cancelled";
  return status;
}

Status Status::Corrupt(std::string message, std::string path) {
  Status status;
  status.code = Code::kCorrupt;
  status.path = std::move(path);
  status.message = std::move(message);
  return status;
}

Status Status::TooLarge(std::string message, uint64_t bytes, uint64_t limit) {
  Status status;
  status.code = Code::kTooLarge;
  status.message = std::move(message);
  status.bytes = static_cast<double>(bytes);
  status.limit = static_cast<double>(limit);
  return status;
}

Status Status::Invalid(std::string message) {
  Status status;
  status.code = Code::kInvalid;
  status.message = std::move(message);
  return status;
}

}  // namespace ckpt
