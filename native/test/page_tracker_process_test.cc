// What tracking leaves in the process, and processes that are forked from it.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "tracked_memory.h"

#if defined(__linux__)

namespace ckpt {
namespace {

// Mappings of this process that are registered, as the system shows them.
size_t Registered(const Pages& pages, size_t size) {
  std::ifstream file("/proc/self/smaps");
  const auto from = reinterpret_cast<uintptr_t>(pages.data());
  size_t bytes = 0;
  uintptr_t start = 0;
  uintptr_t end = 0;
  for (std::string line; std::getline(file, line);) {
    uintptr_t a = 0;
    uintptr_t b = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &a, &b) == 2) {
      start = std::max(a, from);
      end = std::min(b, from + size);
    } else if (line.starts_with("VmFlags:") && line.find(" uw") != line.npos && start < end) {
      bytes += end - start;
    }
  }
  return bytes;
}

TEST_F(Tracking, WhatNobodyTracksAnyMoreIsLetGo) {
  Pages pages(4 * kLarge);
  const Rows rows = {pages.row(0, kLarge), pages.row(kLarge, kLarge),
                     pages.row(2 * kLarge, kLarge)};
  const auto registered = [&] { return Registered(pages, 4 * kLarge); };
  PageTracker tracker;
  (void)Scan(tracker, rows);
  EXPECT_EQ(registered(), 3 * kLarge);
  {
    PageTracker other;
    (void)Scan(other, {rows[1]});
    (void)Scan(tracker, {rows[0]});
    EXPECT_EQ(registered(), 2 * kLarge);
    (void)Scan(tracker, rows);
    (void)Scan(other, {pages.row(3 * kLarge, kLarge)});
    EXPECT_EQ(registered(), 4 * kLarge);
  }
  EXPECT_EQ(registered(), 3 * kLarge);
  EXPECT_EQ(Scan(tracker, rows), "111");
  { PageTracker moved; }
  (void)Scan(tracker, {});
  EXPECT_EQ(registered(), 0u);
}

#if !defined(__SANITIZE_THREAD__)
int StatusOf(pid_t process) {
  int status = -1;
  ::waitpid(process, &status, 0);
  return status;
}

TEST_F(Tracking, AForkedProcessNeitherKnowsNorDisturbs) {
  Pages pages(2 * kLarge);
  pages.Fill(1);
  const Rows rows = {pages.row(0, kLarge), pages.row(kLarge, kLarge)};
  PageTracker tracker;
  (void)Scan(tracker, rows);
  pages.data()[0] = 2;
  const pid_t process = ::fork();
  if (process == 0) {
    // All of its own, and nothing may be done to the parent's pages.
    const bool known = Scan(tracker, rows) != "00" || Scan(tracker, rows) != "00";
    pages.Fill(7);
    PageTracker another;
    ::_exit(known || Scan(another, rows) != "00" || Scan(another, rows) != "00" ? 1 : 0);
  }
  EXPECT_EQ(StatusOf(process), 0);
  EXPECT_EQ(Scan(tracker, rows), "01") << "written before, and still to be seen";
  EXPECT_EQ(Scan(tracker, rows), "11");
  const pid_t second = ::fork();
  if (second == 0) {
    pages.Fill(7);
    ::_exit(0);
  }
  EXPECT_EQ(StatusOf(second), 0);
  EXPECT_EQ(Scan(tracker, rows), "11");
  pages.data()[kLarge] = 3;
  EXPECT_EQ(Scan(tracker, rows), "10");
}
#endif

}  // namespace
}  // namespace ckpt

#endif
