// Preloaded into a test process: makes the n-th call of one kind fail, once. Linux and glibc.
//
// Counted are calls that concern the directory CKPT_FAULT_DIRECTORY: by path, or by a descriptor
// that was opened by such a path, whoever calls; and of calls without a file (memory, threads,
// processes) those that the addon makes, known by the place in memory from which they come.
//
// The test arms it through CKPT_FAULT_CONTROL, a file of numbers that is mapped here and written
// there.

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <new>

#include "control.h"

namespace {

template <typename F>
F* Real(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

// A sync that has failed is not to be tried again: the kernel may have dropped the pages.
int Sync(int fd, int (*real)(int)) {
  if (!IsWatched(fd)) return real(fd);
  struct stat info = {};
  const bool known = g_control != nullptr && syscall(SYS_fstat, fd, &info) == 0;
  const bool failed = known && g_control->inode == info.st_ino && g_control->device == info.st_dev;
  if (failed && S_ISREG(info.st_mode)) g_control->retried++;
  if (!Fails(kSync)) return real(fd);
  const int error = errno;
  // An interrupted one is tried again: it did not fail.
  if (known && error != EINTR) {
    g_control->device = info.st_dev;
    g_control->inode = info.st_ino;
  }
  errno = error;
  return -1;
}

int Opened(int fd) {
  Mark(fd, true);
  return fd;
}

size_t Half(size_t count) { return count > 1 ? count / 2 : count; }

bool IsShort() { return errno == static_cast<int>(kShort); }

}  // namespace

extern "C" {

#define OPEN(name)                                                    \
  int name(const char* path, int flags, ...) {                        \
    static const auto real = Real<int(const char*, int, ...)>(#name); \
    va_list arguments;                                                \
    va_start(arguments, flags);                                       \
    const mode_t mode = va_arg(arguments, mode_t);                    \
    va_end(arguments);                                                \
    if (!IsInside(path)) return real(path, flags, mode);              \
    return Fails(kOpen) ? -1 : Opened(real(path, flags, mode));       \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                           \
  int name(int directory, const char* path, int flags, ...) {                  \
    static const auto real = Real<int(int, const char*, int, ...)>(#name);     \
    va_list arguments;                                                         \
    va_start(arguments, flags);                                                \
    const mode_t mode = va_arg(arguments, mode_t);                             \
    va_end(arguments);                                                         \
    if (!IsInside(directory, path)) return real(directory, path, flags, mode); \
    return Fails(kOpen) ? -1 : Opened(real(directory, path, flags, mode));     \
  }
OPENAT(openat)
OPENAT(openat64)

// The descriptor is gone in any case, as Linux has it.
int close(int fd) {
  static const auto real = Real<int(int)>("close");
  if (!IsWatched(fd)) return real(fd);
  Mark(fd, false);
  const bool fails = Fails(kClose);
  const int error = errno;
  const int result = real(fd);
  if (!fails) return result;
  errno = error;
  return -1;
}

#define TRANSFER(name, kind, pointer)                                             \
  ssize_t name(int fd, pointer bytes, size_t count, off64_t offset) {             \
    static const auto real = Real<ssize_t(int, pointer, size_t, off64_t)>(#name); \
    if (!IsWatched(fd) || !Fails(kind)) return real(fd, bytes, count, offset);    \
    return IsShort() ? real(fd, bytes, Half(count), offset) : -1;                 \
  }
TRANSFER(pread64, kRead, void*)
TRANSFER(pread, kRead, void*)
TRANSFER(pwrite64, kWrite, const void*)
TRANSFER(pwrite, kWrite, const void*)

ssize_t read(int fd, void* bytes, size_t count) {
  static const auto real = Real<ssize_t(int, void*, size_t)>("read");
  if (!IsWatched(fd) || !Fails(kRead)) return real(fd, bytes, count);
  return IsShort() ? real(fd, bytes, Half(count)) : -1;
}

ssize_t write(int fd, const void* bytes, size_t count) {
  static const auto real = Real<ssize_t(int, const void*, size_t)>("write");
  if (!IsWatched(fd) || !Fails(kWrite)) return real(fd, bytes, count);
  return IsShort() ? real(fd, bytes, Half(count)) : -1;
}

int fsync(int fd) {
  static const auto real = Real<int(int)>("fsync");
  return Sync(fd, real);
}

int fdatasync(int fd) {
  static const auto real = Real<int(int)>("fdatasync");
  return Sync(fd, real);
}

int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  static const auto real = Real<int(int, int, off64_t, off64_t)>("fallocate64");
  return IsWatched(fd) && Fails(kAllocate) ? -1 : real(fd, mode, offset, length);
}

int ftruncate64(int fd, off64_t length) {
  static const auto real = Real<int(int, off64_t)>("ftruncate64");
  return IsWatched(fd) && Fails(kTruncate) ? -1 : real(fd, length);
}

int fstat64(int fd, struct stat64* info) {
  static const auto real = Real<int(int, struct stat64*)>("fstat64");
  return IsWatched(fd) && Fails(kStat) ? -1 : real(fd, info);
}

#define STAT(name)                                                          \
  int name(const char* path, struct stat64* info) {                         \
    static const auto real = Real<int(const char*, struct stat64*)>(#name); \
    return IsInside(path) && Fails(kStat) ? -1 : real(path, info);          \
  }
STAT(stat64)
STAT(lstat64)

int fstatat64(int directory, const char* path, struct stat64* info, int flags) {
  static const auto real = Real<int(int, const char*, struct stat64*, int)>("fstatat64");
  return IsInside(directory, path) && Fails(kStat) ? -1 : real(directory, path, info, flags);
}

int statx(int directory, const char* path, int flags, unsigned mask, struct statx* info) {
  static const auto real = Real<int(int, const char*, int, unsigned, struct statx*)>("statx");
  const bool fails = IsInside(directory, path) && Fails(kStat);
  return fails ? -1 : real(directory, path, flags, mask, info);
}

int rename(const char* from, const char* to) {
  static const auto real = Real<int(const char*, const char*)>("rename");
  return IsInside(to) && Fails(kRename) ? -1 : real(from, to);
}

int renameat(int from_directory, const char* from, int to_directory, const char* to) {
  static const auto real = Real<int(int, const char*, int, const char*)>("renameat");
  const bool fails = (IsInside(to_directory, to) || IsInside(from_directory, from));
  return fails && Fails(kRename) ? -1 : real(from_directory, from, to_directory, to);
}

int unlink(const char* path) {
  static const auto real = Real<int(const char*)>("unlink");
  return IsInside(path) && Fails(kUnlink) ? -1 : real(path);
}

int unlinkat(int directory, const char* path, int flags) {
  static const auto real = Real<int(int, const char*, int)>("unlinkat");
  return IsInside(directory, path) && Fails(kUnlink) ? -1 : real(directory, path, flags);
}

int linkat(int from_directory, const char* from, int to_directory, const char* to, int flags) {
  static const auto real = Real<int(int, const char*, int, const char*, int)>("linkat");
  const bool fails = IsInside(to_directory, to) && Fails(kLink);
  return fails ? -1 : real(from_directory, from, to_directory, to, flags);
}

// Of leases and flags: none of what Node itself asks of its files.
#define CONTROL(name)                                                        \
  int name(int fd, int command, ...) {                                       \
    static const auto real = Real<int(int, int, ...)>(#name);                \
    va_list arguments;                                                       \
    va_start(arguments, command);                                            \
    void* argument = va_arg(arguments, void*);                               \
    va_end(arguments);                                                       \
    const bool ours = IsWatched(fd) && IsAddon(__builtin_return_address(0)); \
    return ours && Fails(kControl) ? -1 : real(fd, command, argument);       \
  }
CONTROL(fcntl)
CONTROL(fcntl64)

int madvise(void* address, size_t length, int advice) {
  static const auto real = Real<int(void*, size_t, int)>("madvise");
  const bool fails = IsAddon(__builtin_return_address(0)) && Fails(kAdvise);
  return fails ? -1 : real(address, length, advice);
}

int rmdir(const char* path) {
  static const auto real = Real<int(const char*)>("rmdir");
  return IsInside(path) && Fails(kUnlink) ? -1 : real(path);
}

int mkdir(const char* path, mode_t mode) {
  static const auto real = Real<int(const char*, mode_t)>("mkdir");
  return IsInside(path) && Fails(kMakeDirectory) ? -1 : real(path, mode);
}

DIR* fdopendir(int fd) {
  static const auto real = Real<DIR*(int)>("fdopendir");
  return IsWatched(fd) && Fails(kList) ? nullptr : real(fd);
}

int flock(int fd, int operation) {
  static const auto real = Real<int(int, int)>("flock");
  return IsWatched(fd) && Fails(kLock) ? -1 : real(fd, operation);
}

#define MAP(name)                                                                               \
  void* name(void* address, size_t length, int protection, int flags, int fd, off64_t offset) { \
    static const auto real = Real<void*(void*, size_t, int, int, int, off64_t)>(#name);         \
    const bool fails = IsAddon(__builtin_return_address(0)) && Fails(kMap);                     \
    return fails ? MAP_FAILED : real(address, length, protection, flags, fd, offset);           \
  }
MAP(mmap64)

long syscall(long number, ...) {
  static const auto real = Real<long(long, ...)>("syscall");
  va_list list;
  va_start(list, number);
  long a[6];
  for (long& argument : a) argument = va_arg(list, long);
  va_end(list);
  if (number == SYS_clone && IsAddon(__builtin_return_address(0)) && Fails(kFork)) return -1;
  if (number == SYS_renameat2 && IsInside(static_cast<int>(a[2]), reinterpret_cast<char*>(a[3])) &&
      Fails(kRename)) {
    return -1;
  }
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                   void* argument) {
  using Create = int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto real = Real<Create>("pthread_create");
  return Fails(kThread) ? errno : real(thread, attributes, start, argument);
}

}  // extern "C"

namespace {
bool MemoryFails(const void* caller) {
  return g_control != nullptr && IsAddon(caller) && Fails(kMemory);
}

void* Allocate(size_t bytes, const void* caller) {
  void* memory = MemoryFails(caller) ? nullptr : malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
}  // namespace

void* operator new(size_t bytes) { return Allocate(bytes, __builtin_return_address(0)); }
void* operator new[](size_t bytes) { return Allocate(bytes, __builtin_return_address(0)); }
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return MemoryFails(__builtin_return_address(0)) ? nullptr : malloc(bytes == 0 ? 1 : bytes);
}
