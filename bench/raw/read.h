#pragma once
// Limits of reading one file: mapped, mapped and summed, read into memory.

#include "common.h"

// Written back first: only clean pages can be dropped.
inline void DropFromCache(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) Fail("open");
  ::fsync(fd);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  ::close(fd);
}

inline void FillCache(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) Fail("open");
  std::vector<char> block(size_t{1} << 20);
  while (::read(fd, block.data(), block.size()) > 0) {
  }
  ::close(fd);
}

inline uint64_t Sum(const char* data, size_t length) {
  uint64_t sum = 0;
  for (size_t i = 0; i + 8 <= length; i += 8) {
    uint64_t word;
    std::memcpy(&word, data + i, 8);
    sum += word;
  }
  return sum;
}

// The beginning of a file.
struct Part {
  const char* path;
  size_t most;
};

class Input {
 public:
  explicit Input(const Part& part) : fd_(::open(part.path, O_RDONLY | O_CLOEXEC)) {
    struct stat info;
    if (fd_ < 0 || ::fstat(fd_, &info) != 0) Fail("open");
    bytes_ = std::min(part.most, static_cast<size_t>(info.st_size));
  }
  ~Input() { ::close(fd_); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  int fd() const { return fd_; }
  size_t bytes() const { return bytes_; }

 private:
  int fd_;
  size_t bytes_;
};

inline char* MapFile(const Input& input) {
  void* base = ::mmap(nullptr, input.bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE, input.fd(), 0);
  if (base == MAP_FAILED) Fail("mmap");
  return static_cast<char*>(base);
}

inline void MapOnly(const Part& part) {
  const Stopwatch watch;
  const Input input(part);
  char* base = MapFile(input);
  const int64_t time = watch.Nanoseconds();
  ::munmap(base, input.bytes());
  Emit("map", time);
}

inline void MapAndSum(const Part& part, int threads, bool populate, const char* name) {
  const Stopwatch watch;
  const Input input(part);
  char* base = MapFile(input);
  std::atomic<uint64_t> total{0};
  ForBlocks(input.bytes(), threads, kBlock, [&](size_t begin, size_t length) {
    // Fails before Linux 5.14; the sum then faults page by page.
    if (populate) ::madvise(base + begin, length, MADV_POPULATE_READ);
    total += Sum(base + begin, length);
  });
  const int64_t time = watch.Nanoseconds();
  // Used, so that the sum cannot be left out.
  if (total == 1) std::fputs("\n", stderr);
  ::munmap(base, input.bytes());
  Emit(name, time);
}

inline void ReadInto(const Part& part, int threads, bool huge, const char* name) {
  const size_t bytes = Input(part).bytes();
  WarmFreeMemory(bytes);
  const Stopwatch watch;
  const Input input(part);
  const Memory memory(bytes, huge);
  ForBlocks(bytes, threads, kBlock, [&](size_t begin, size_t length) {
    while (length > 0) {
      const ssize_t got =
          ::pread(input.fd(), memory.data() + begin, length, static_cast<off_t>(begin));
      if (got <= 0) Fail("pread");
      begin += static_cast<size_t>(got);
      length -= static_cast<size_t>(got);
    }
  });
  Emit(name, watch.Nanoseconds());
}

// Of the file's first `most` bytes.
inline void ReadAll(const char* path, bool cold, int round, size_t most) {
  const Part part{path, most};
  using Way = void (*)(const Part&);
  std::vector<Way> ways = {
      [](const Part& p) { MapOnly(p); },
      [](const Part& p) { MapAndSum(p, 1, false, "map + sum x1"); },
      [](const Part& p) { MapAndSum(p, 2, false, "map + sum x2"); },
      [](const Part& p) { MapAndSum(p, 2, true, "map + populate + sum x2"); },
      [](const Part& p) { ReadInto(p, 1, true, "pread x1, huge pages"); },
      [](const Part& p) { ReadInto(p, 2, true, "pread x2, huge pages"); },
      [](const Part& p) { ReadInto(p, 2, false, "pread x2, small pages"); },
  };
  std::rotate(ways.begin(), ways.begin() + round % ways.size(), ways.end());
  for (const Way way : ways) {
    if (cold) DropFromCache(path);
    way(part);
  }
}
