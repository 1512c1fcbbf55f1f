#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exclusive.h"
#include "fd.h"

namespace ckpt {

// Linux gives a write lease only on a file that nothing else refers to. A mapping counts as well
// when its descriptor is closed, and so do readers that know nothing of us: fs/locks.c,
// check_conflicting_open. The lease itself is given back at once; without the file's name nobody
// can open it any more.
bool Exclusive([[maybe_unused]] int fd) noexcept {
#if defined(F_SETLEASE)
  struct stat info;
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_nlink != 1) return false;
#if defined(F_SETSIG)
  // Should someone open it in this instant: a signal that does nothing. The usual one ends the
  // process.
  if (::fcntl(fd, F_SETSIG, SIGURG) != 0) return false;
#endif
  if (::fcntl(fd, F_SETLEASE, F_WRLCK) != 0) return false;
  return ::fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
#else
  return false;
#endif
}

namespace {

constexpr const char* kProbe = "probe";
constexpr size_t kProbeBytes = 4096;

bool SeesMapping(int dir) noexcept {
  const UniqueFd writer(
      ::openat(dir, kProbe, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!writer.valid() || ::ftruncate(writer.get(), kProbeBytes) != 0) return false;
  UniqueFd reader(::openat(dir, kProbe, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!reader.valid()) return false;
  // As lib/bundle/read maps shards.
  void* map = ::mmap(nullptr, kProbeBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, reader.get(), 0);
  reader.Close();
  if (map == MAP_FAILED) return false;
  const bool seen = !Exclusive(writer.get());
  ::munmap(map, kProbeBytes);
  return seen && Exclusive(writer.get());
}

}  // namespace

bool TellsExclusive(int dir) noexcept {
  const bool tells = SeesMapping(dir);
  ::unlinkat(dir, kProbe, 0);
  return tells;
}

}  // namespace ckpt
