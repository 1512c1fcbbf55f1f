#pragma once
// Clock, memory, threads and output of the raw limits.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

constexpr size_t kPage = 4096;
constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kBlock = size_t{8} << 20;

[[noreturn]] inline void Fail(const char* what) {
  std::fprintf(stderr, "raw: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

class Stopwatch {
 public:
  int64_t Nanoseconds() const {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// One line of JSON a figure; the runner reads them.
inline void Emit(const std::string& name, int64_t nanoseconds) {
  std::printf("{\"name\":\"%s\",\"ms\":%.6f}\n", name.c_str(), nanoseconds / 1e6);
  std::fflush(stdout);
}

// Calls body(begin, length) for each block of `bytes`, on `threads` threads.
template <typename Body>
void ForBlocks(size_t bytes, int threads, size_t block, const Body& body) {
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t begin; (begin = next.fetch_add(block)) < bytes;) {
      body(begin, std::min(block, bytes - begin));
    }
  };
  std::vector<std::thread> helpers;
  for (int i = 1; i < threads; ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
}

// Anonymous memory. Huge pages only on request: Node's ArrayBuffers have small ones where the
// system says "madvise".
class Memory {
 public:
  Memory(size_t bytes, bool huge) : bytes_((bytes / kHugePage + 2) * kHugePage) {
    void* address =
        ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) Fail("mmap");
    address_ = static_cast<char*>(address);
    ::madvise(address_, bytes_, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  }
  ~Memory() { ::munmap(address_, bytes_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  char* data() const {
    const uintptr_t start = reinterpret_cast<uintptr_t>(address_);
    return address_ + ((kHugePage - start % kHugePage) % kHugePage);
  }

  // Stores into every page.
  void Touch(size_t bytes) {
    ForBlocks(bytes, 2, kBlock, [&](size_t begin, size_t length) {
      for (size_t i = 0; i < length; i += kPage) {
        // Not zero: neither the host nor a disk should find a page that it can skip.
        std::memset(data() + begin + i, static_cast<int>((begin + i) / kPage % 251 + 1), kPage);
      }
    });
  }

 private:
  size_t bytes_;
  char* address_;
};

// A virtual machine gives free memory back to its host, and taking it again costs more than what
// is measured here: take and free it shortly before the timed part.
inline void WarmFreeMemory(size_t bytes) {
  Memory memory(bytes, true);
  memory.Touch(bytes);
}
