#include "fork_copier.h"

#if defined(__linux__)

#include <linux/futex.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>

#include "fd.h"

namespace ckpt {
namespace {

enum : uint32_t { kIdle, kRequested, kDone };
constexpr long kLookAfterNanoseconds = 20'000'000;

// Waits until *word is not `value` any more, is woken, or time is over (null: never).
void FutexWait(std::atomic<uint32_t>& word, uint32_t value, const timespec* time) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAIT, value, time, nullptr, 0);
}

void FutexWake(std::atomic<uint32_t>& word) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

// The child's copies of descriptors would keep sockets, pipes and locks open that the program
// closes.
void CloseAllFiles() noexcept {
#if defined(SYS_close_range)
  if (::syscall(SYS_close_range, 0U, ~0U, 0U) == 0) return;
#endif
  constexpr int kMany = 65536;
  for (int fd = 0; fd < kMany; ++fd) ::close(fd);
}

}  // namespace

struct ForkCopier::Shared {
  struct Slot {
    std::atomic<uint32_t> state{kIdle};
    uint64_t count = 0;
    std::array<Segment, kMaxSegments> segments;
  };
  std::atomic<uint32_t> requests{0};
  std::array<Slot, kSlots> slots;
};

namespace {
constexpr size_t kBuffers = kChunkBytes * ForkCopier::kSlots;
}

ForkCopier::Shared& ForkCopier::shared() const noexcept {
  return *reinterpret_cast<Shared*>(memory_.data() + kBuffers);
}

std::byte* ForkCopier::buffer(int slot) const noexcept {
  return memory_.data() + kChunkBytes * static_cast<size_t>(slot);
}

std::span<ForkCopier::Segment> ForkCopier::segments(int slot) const noexcept {
  return shared().slots[static_cast<size_t>(slot)].segments;
}

Result<std::unique_ptr<ForkCopier>> ForkCopier::Start() {
  Result<AlignedBuffer> created = AlignedBuffer::CreateShared(kBuffers + sizeof(Shared));
  if (!created.ok()) return created.status();
  // Before the process is: an allocation that fails must not leave it behind.
  std::unique_ptr<ForkCopier> copier(new ForkCopier(std::move(created).value()));
  std::byte* const memory = copier->memory_.data();
  auto* shared = new (memory + kBuffers) Shared;
  // A signal that reaches both must be handled once: here.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t parent = ::getpid();
  // Not fork(), which runs handlers and takes locks. Without SIGCHLD at its end, so that nobody
  // else in this process takes it for a child of his.
  const long process = ::syscall(SYS_clone, 0UL, nullptr, nullptr, nullptr, nullptr);
  if (process == 0) Serve(*shared, memory, parent);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (process < 0) return Status::FromErrno(error, "fork", {});
  copier->process_ = static_cast<pid_t>(process);
  return copier;
}

void ForkCopier::Serve(Shared& shared, std::byte* memory, pid_t parent) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != parent) ::_exit(0);
  CloseAllFiles();
  for (;;) {
    const uint32_t seen = shared.requests.load(std::memory_order_acquire);
    bool idle = true;
    for (size_t i = 0; i < shared.slots.size(); ++i) {
      Shared::Slot& slot = shared.slots[i];
      if (slot.state.load(std::memory_order_acquire) != kRequested) continue;
      idle = false;
      for (uint64_t k = 0; k < slot.count; ++k) {
        const Segment& segment = slot.segments[k];
        std::memcpy(memory + i * kChunkBytes + segment.at, segment.source, segment.length);
      }
      slot.state.store(kDone, std::memory_order_release);
      FutexWake(slot.state);
    }
    if (idle) FutexWait(shared.requests, seen, nullptr);
  }
}

Status ForkCopier::Copy(int index, size_t count, Job& job) {
  Shared::Slot& slot = shared().slots[static_cast<size_t>(index)];
  slot.count = count;
  slot.state.store(kRequested, std::memory_order_release);
  shared().requests.fetch_add(1, std::memory_order_acq_rel);
  FutexWake(shared().requests);
  const timespec time{0, kLookAfterNanoseconds};
  while (slot.state.load(std::memory_order_acquire) != kDone) {
    CKPT_TRY(job.Check());
    if (Gone()) return Status::FromErrno(ECHILD, "fork", "the process that holds the arrays");
    FutexWait(slot.state, kRequested, &time);
  }
  slot.state.store(kIdle, std::memory_order_relaxed);
  return Status::Ok();
}

bool ForkCopier::Gone() const noexcept {
  siginfo_t info;
  info.si_pid = 0;
  constexpr int kLook = WEXITED | WNOHANG | WNOWAIT | __WALL;
  const int result = ::waitid(P_PID, static_cast<id_t>(process_), &info, kLook);
  return result != 0 || info.si_pid != 0;
}

void ForkCopier::Stop() noexcept {
  const pid_t process = std::exchange(process_, 0);
  if (process == 0) return;
  ::kill(process, SIGKILL);
  (void)RetryOnInterrupt([&] { return ::waitpid(process, nullptr, __WALL); });
}

}  // namespace ckpt

#else

namespace ckpt {

struct ForkCopier::Shared {};
Result<std::unique_ptr<ForkCopier>> ForkCopier::Start() {
  return Status::FromErrno(ENOTSUP, "fork", {});
}
std::byte* ForkCopier::buffer(int) const noexcept { return nullptr; }
std::span<ForkCopier::Segment> ForkCopier::segments(int) const noexcept { return {}; }
Status ForkCopier::Copy(int, size_t, Job&) { return Status::FromErrno(ENOTSUP, "fork", {}); }
void ForkCopier::Stop() noexcept {}

}  // namespace ckpt

#endif
