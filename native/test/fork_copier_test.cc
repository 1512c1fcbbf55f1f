#include "core/fork_copier.h"

#include "core/throttle.h"
#include "test_files.h"

#if defined(__linux__) && !defined(__SANITIZE_THREAD__)
#include <signal.h>
#include <sys/wait.h>

namespace ckpt {
namespace {

TEST(ForkCopier, CopiesTheMemoryAsItWas) {
  std::string text = Pattern(1 << 20);
  const std::string before = text;
  auto copier = ForkCopier::Start();
  ASSERT_TRUE(copier.ok()) << copier.status().message;
  std::fill(text.begin(), text.end(), 'x');
  Job job;
  for (int slot = 0; slot < ForkCopier::kSlots; ++slot) {
    const auto segments = copier.value()->segments(slot);
    segments[0] = {AsBytes(text).data() + 7, 1000, 50};
    segments[1] = {AsBytes(text).data(), 1 << 20, 4096};
    ASSERT_TRUE(copier.value()->Copy(slot, 2, job).ok());
    const std::byte* buffer = copier.value()->buffer(slot);
    EXPECT_EQ(std::memcmp(buffer + 50, before.data() + 7, 1000), 0);
    EXPECT_EQ(std::memcmp(buffer + 4096, before.data(), 1 << 20), 0);
  }
}

TEST(ForkCopier, LeavesNoProcessAndNoDescriptor) {
  const int before = OpenDescriptors();
  { auto copier = ForkCopier::Start(); }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG | __WALL), -1);
  EXPECT_EQ(errno, ECHILD);
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST(ForkCopier, IsNoChildOfTheProgram) {
  auto copier = ForkCopier::Start();
  // As libuv and others wait for their children.
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(ForkCopier, AMissingProcessIsAnError) {
  auto copier = ForkCopier::Start();
  const std::string text = "text";
  copier.value()->segments(0)[0] = {reinterpret_cast<const std::byte*>(8), 100, 0};
  Job job;
  // It reads what is not there, and is ended by the system.
  const Status status = copier.value()->Copy(0, 1, job);
  EXPECT_EQ(status.os_errno, ECHILD);
}

TEST(ForkCopier, KeepsTheSignalsOfThisThread) {
  sigset_t before;
  sigset_t after;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &before);
  auto copier = ForkCopier::Start();
  ::pthread_sigmask(SIG_BLOCK, nullptr, &after);
  for (int signal = 1; signal < 32; ++signal) {
    EXPECT_EQ(::sigismember(&before, signal), ::sigismember(&after, signal));
  }
}

}  // namespace
}  // namespace ckpt
#endif

namespace ckpt {
namespace {

TEST(Throttle, BoundsTheSpeedAndEndsWithTheJob) {
  Job job;
  Throttle throttle(1e6);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(throttle.Wait(10'000, job).ok());
  // Five spans of 10 ms lie between six turns.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(50));
  ASSERT_TRUE(throttle.Wait(1'000'000'000, job).ok());
  job.Cancel();
  EXPECT_EQ(throttle.Wait(1, job).code, Code::kAborted);
  Throttle none(0);
  EXPECT_TRUE(none.Wait(UINT64_MAX, job).ok());
}

}  // namespace
}  // namespace ckpt
