#pragma once
// Keeps a disk busy: writes and syncs the same file until standard input ends.

#include <poll.h>

#include "write.h"

inline bool InputEnded() {
  struct pollfd input = {0, POLLIN, 0};
  return ::poll(&input, 1, 0) != 0;
}

inline void LoadDisk(const std::string& directory) {
  constexpr size_t kBytes = size_t{256} << 20;
  const std::string path = directory + "/raw-load";
  Memory source(kBytes, false);
  source.Touch(kBytes);
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_CREAT, 0666);
  if (fd < 0) Fail("open");
  for (bool first = true; !InputEnded(); first = false) {
    for (size_t at = 0; at < kBytes && !InputEnded(); at += kBlock) {
      PwriteAll(fd, source.data() + at, kBlock, at);
    }
    if (::fsync(fd) != 0) Fail("fsync");
    if (first) {
      std::puts("ready");
      std::fflush(stdout);
    }
  }
  ::close(fd);
  ::unlink(path.c_str());
}
