#pragma once
// Limits of writing: the same bytes, durably, by the ways a kernel offers.

#include "common.h"

inline void Copy(size_t bytes) {
  Memory source(bytes, false);
  Memory target(bytes, true);
  source.Touch(bytes);
  target.Touch(bytes);
  std::vector<int64_t> passes;
  for (int i = 0; i < 3; ++i) {
    const Stopwatch watch;
    std::memcpy(target.data(), source.data(), bytes);
    passes.push_back(watch.Nanoseconds());
  }
  std::sort(passes.begin(), passes.end());
  Emit("memcpy", passes[1]);
}

enum class Method { kBuffered, kMapped, kPopulated, kDirect };

inline void PwriteAll(int fd, const char* data, size_t length, size_t offset) {
  while (length > 0) {
    const ssize_t written = ::pwrite(fd, data, length, static_cast<off_t>(offset));
    if (written <= 0) Fail("pwrite");
    data += written;
    offset += static_cast<size_t>(written);
    length -= static_cast<size_t>(written);
  }
}

// Returns -1 where the file system has no direct access.
inline int64_t WriteFile(const std::string& path, const Memory& source, size_t bytes, Method method,
                         int threads, bool recycled) {
  const Stopwatch watch;
  const int create = recycled ? 0 : O_CREAT | O_EXCL;
  const int direct = method == Method::kDirect ? O_DIRECT : 0;
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | create | direct, 0666);
  if (fd < 0) {
    if (direct != 0 && errno == EINVAL) return -1;
    Fail("open");
  }
  // A buffered writer allocates late and in one go by itself.
  if (!recycled && method != Method::kBuffered) {
    if (::fallocate(fd, 0, 0, static_cast<off_t>(bytes)) != 0) Fail("fallocate");
  }
  if (method == Method::kMapped || method == Method::kPopulated) {
    void* base = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) Fail("mmap");
    ForBlocks(bytes, threads, kBlock, [&](size_t begin, size_t length) {
      char* target = static_cast<char*>(base) + begin;
      // One fault for the block in place of one for each page. Fails before Linux 5.14.
      if (method == Method::kPopulated) ::madvise(target, length, MADV_POPULATE_WRITE);
      std::memcpy(target, source.data() + begin, length);
    });
    ::munmap(base, bytes);
  } else {
    ForBlocks(bytes, threads, kBlock, [&](size_t begin, size_t length) {
      PwriteAll(fd, source.data() + begin, length, begin);
    });
  }
  if (::fsync(fd) != 0) Fail("fsync");
  ::close(fd);
  return watch.Nanoseconds();
}

// Each way first into a new file, then again over the same file: its blocks are allocated by then
// and, unless written directly, its pages are in the cache.
inline void WriteAll(const std::string& directory, size_t payload, int round) {
  const size_t bytes = (payload + kPage - 1) / kPage * kPage;
  Memory source(bytes, false);
  source.Touch(bytes);
  struct Way {
    const char* name;
    Method method;
    int threads;
  };
  std::vector<Way> ways;
  for (const int threads : {1, 2}) {
    ways.push_back({"buffered", Method::kBuffered, threads});
    ways.push_back({"mmap", Method::kMapped, threads});
    ways.push_back({"mmap + populate", Method::kPopulated, threads});
    ways.push_back({"O_DIRECT", Method::kDirect, threads});
  }
  std::rotate(ways.begin(), ways.begin() + round % ways.size(), ways.end());
  const std::string path = directory + "/raw-file";
  for (const Way& way : ways) {
    const std::string name = std::string(way.name) + " x" + std::to_string(way.threads);
    WarmFreeMemory(bytes);
    for (const bool recycled : {false, true}) {
      const int64_t time = WriteFile(path, source, bytes, way.method, way.threads, recycled);
      if (time < 0) break;
      Emit((recycled ? "recycled " : "new ") + name, time);
    }
    // Removing a large file can take a second and slows what comes next.
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) Fail("unlink");
    const int parent = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY);
    ::fsync(parent);
    ::close(parent);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}
