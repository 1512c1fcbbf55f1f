#pragma once
// Outcome of a core call. Core code returns these; it never throws across its API and never touches
// N-API, so it can be tested without Node.

#include <cstdint>
#include <new>
#include <string>
#include <utility>
#include <variant>

namespace ckpt {

// The `status` of an error in JavaScript; lib/native.ts matches on the spelling in errors.cc.
enum class Code { kOk, kIo, kAborted, kCorrupt, kTooLarge, kInvalid };

struct [[nodiscard]] Status {
  Code code = Code::kOk;
  int os_errno = 0;          // 0 when the failure did not come from a system call
  const char* syscall = "";  // static string: "mmap", "fsync", ...
  std::string path;          // file concerned, empty when none
  std::string message;
  double bytes = 0;  // kTooLarge only: what was asked for, and the most there can be
  double limit = 0;

  bool ok() const noexcept { return code == Code::kOk; }

  static Status Ok() { return {}; }
  static Status FromErrno(int err, const char* syscall, std::string path);
  static Status Aborted();
  static Status Corrupt(std::string message, std::string path);
  static Status TooLarge(std::string message, uint64_t bytes, uint64_t limit);
  static Status Invalid(std::string message);
};

// A value or the reason why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}         // NOLINT: implicit on purpose
  Result(Status status) : state_(std::move(status)) {}  // NOLINT: implicit on purpose

  bool ok() const noexcept { return std::holds_alternative<T>(state_); }
  const Status& status() const { return std::get<Status>(state_); }
  T& value() & { return std::get<T>(state_); }
  T&& value() && { return std::get<T>(std::move(state_)); }

 private:
  std::variant<Status, T> state_;
};

// For results without a value.
struct Done {};

// Runs `body`, which returns a Status or Result, and turns a failed allocation into ENOMEM: the
// tables of a plan grow with the number of arrays, and a full heap must not end the process.
template <typename Body>
auto NoThrow(Body&& body) noexcept -> decltype(body()) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return Status::FromErrno(12 /* ENOMEM everywhere */, "malloc", {});
  }
}

}  // namespace ckpt

// Returns from the calling function unless `expr`, a Status, is ok.
#define CKPT_TRY(expr)                                                           \
  do {                                                                           \
    if (::ckpt::Status try_status = (expr); !try_status.ok()) return try_status; \
  } while (false)
