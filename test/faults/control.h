#pragma once
// What is to fail, and what a call has to do with it.

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace {

// As in control.cjs.
enum Kind : uint64_t {
  kNone,
  kOpen,
  kClose,
  kRead,
  kWrite,
  kSync,
  kAllocate,
  kTruncate,
  kStat,
  kRename,
  kUnlink,
  kMakeDirectory,
  kList,
  kLock,
  kMap,
  kFork,
  kThread,
  kMemory,
  kLink,
  kControl,
  kAdvise,
};

// In place of an errno: half of the bytes.
constexpr uint64_t kShort = 1000;

struct Control {
  std::atomic<uint64_t> kind;   // what is to fail; 0: nothing
  std::atomic<uint64_t> nth;    // from 1
  std::atomic<uint64_t> error;  // errno, or kShort
  std::atomic<uint64_t> calls;  // of that kind so far
  std::atomic<uint64_t> fired;
  std::atomic<uint64_t> retried;  // syncs of a file whose sync has failed
  uint64_t device;                // of that file
  uint64_t inode;
};

Control* g_control = nullptr;
const char* g_directory = nullptr;
size_t g_length = 0;

constexpr int kFds = 65536;
std::atomic<bool> g_watched[kFds];

void Mark(int fd, bool watched) {
  if (fd >= 0 && fd < kFds) g_watched[fd] = watched;
}

bool IsWatched(int fd) { return fd >= 0 && fd < kFds && g_watched[fd]; }

bool IsInside(const char* path) {
  return g_directory != nullptr && path != nullptr && strncmp(path, g_directory, g_length) == 0;
}

bool IsInside(int directory, const char* path) { return IsWatched(directory) || IsInside(path); }

// True if the address lies in the addon.
bool IsAddon(const void* address) {
  static std::atomic<uintptr_t> begin{0};
  static std::atomic<uintptr_t> end{0};
  if (begin == 0) {
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void*) {
          if (strstr(info->dlpi_name, "ndcheckpoint.node") == nullptr) return 0;
          for (int i = 0; i < info->dlpi_phnum; ++i) {
            const ElfW(Phdr)& header = info->dlpi_phdr[i];
            if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0) continue;
            end = info->dlpi_addr + header.p_vaddr + header.p_memsz;
            begin = info->dlpi_addr + header.p_vaddr;
          }
          return 1;
        },
        nullptr);
  }
  const uintptr_t at = reinterpret_cast<uintptr_t>(address);
  return begin != 0 && at >= begin && at < end;
}

// True if this call is the one that fails; errno is set.
bool Fails(Kind kind) {
  Control* control = g_control;
  if (control == nullptr || control->kind != kind) return false;
  if (control->calls.fetch_add(1) + 1 != control->nth) return false;
  control->fired = 1;
  errno = static_cast<int>(control->error.load());
  return true;
}

__attribute__((constructor)) void Begin() {
  g_directory = getenv("CKPT_FAULT_DIRECTORY");
  const char* path = getenv("CKPT_FAULT_CONTROL");
  if (g_directory == nullptr || path == nullptr) return;
  g_length = strlen(g_directory);
  const int fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC));
  if (fd < 0) return;
  void* map = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (map != MAP_FAILED) g_control = static_cast<Control*>(map);
}

}  // namespace
