#pragma once
// Limits of writing: the same bytes, durably, by the ways a kernel offers.

#include "common.h"

enum class Method { kBuffered, kMapped, kPopulated, kDirect };

struct Way {
  const char* name;
  Method method;
  int threads;
  size_t block = kBlock;

  std::string Label() const {
    std::string label = name;
    if (method == Method::kDirect)
      label.append(" ").append(std::to_string(block >> 20)).append(" MiB");
    return label.append(" x").append(std::to_string(threads));
  }
};

inline void PwriteAll(int fd, const char* data, size_t length, size_t offset) {
  while (length > 0) {
    const ssize_t written = ::pwrite(fd, data, length, static_cast<off_t>(offset));
    if (written <= 0) Fail("pwrite");
    data += written;
    offset += static_cast<size_t>(written);
    length -= static_cast<size_t>(written);
  }
}

// Returns the nanoseconds of the copy alone: what a save keeps its caller if it copies straight
// into the file.
inline int64_t WriteMapped(int fd, const Memory& source, size_t bytes, const Way& way) {
  void* base = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED) Fail("mmap");
  const Stopwatch watch;
  ForBlocks(bytes, way.threads, way.block, [&](size_t begin, size_t length) {
    char* target = static_cast<char*>(base) + begin;
    // One fault for the block in place of one for each page. Fails before Linux 5.14.
    if (way.method == Method::kPopulated) ::madvise(target, length, MADV_POPULATE_WRITE);
    std::memcpy(target, source.data() + begin, length);
  });
  const int64_t copied = watch.Nanoseconds();
  ::munmap(base, bytes);
  return copied;
}

struct Times {
  int64_t durable = -1;  // -1 where the file system has no direct access.
  int64_t copied = -1;   // -1 where nothing is mapped.
};

inline Times WriteFile(const std::string& path, const Memory& source, size_t bytes, const Way& way,
                       bool recycled) {
  Times times;
  const Stopwatch watch;
  const int create = recycled ? 0 : O_CREAT | O_EXCL;
  const int direct = way.method == Method::kDirect ? O_DIRECT : 0;
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | create | direct, 0666);
  if (fd < 0) {
    if (direct != 0 && errno == EINVAL) return times;
    Fail("open");
  }
  // A buffered writer allocates late and in one go by itself.
  if (!recycled && way.method != Method::kBuffered) {
    if (::fallocate(fd, 0, 0, static_cast<off_t>(bytes)) != 0) Fail("fallocate");
  }
  if (way.method == Method::kMapped || way.method == Method::kPopulated) {
    times.copied = WriteMapped(fd, source, bytes, way);
  } else {
    ForBlocks(bytes, way.threads, way.block, [&](size_t begin, size_t length) {
      PwriteAll(fd, source.data() + begin, length, begin);
    });
  }
  if (::fsync(fd) != 0) Fail("fsync");
  ::close(fd);
  times.durable = watch.Nanoseconds();
  return times;
}

// All ways would take minutes in each round: those that win on the disks we know are in every one,
// and some of the others in turn.
inline std::vector<Way> WaysOf(int round) {
  std::vector<Way> ways = {
      {"O_DIRECT", Method::kDirect, 2, size_t{8} << 20},
      {"O_DIRECT", Method::kDirect, 1, size_t{4} << 20},
      {"O_DIRECT", Method::kDirect, 2, size_t{4} << 20},
      {"buffered", Method::kBuffered, 1},
  };
  const std::vector<Way> others = {
      {"mmap", Method::kMapped, 1},
      {"O_DIRECT", Method::kDirect, 1, size_t{8} << 20},
      {"O_DIRECT", Method::kDirect, 4, size_t{1} << 20},
      {"mmap + populate", Method::kPopulated, 1},
      {"buffered", Method::kBuffered, 2},
      {"O_DIRECT", Method::kDirect, 2, size_t{1} << 20},
      {"mmap", Method::kMapped, 2},
      {"O_DIRECT", Method::kDirect, 4, size_t{4} << 20},
      {"O_DIRECT", Method::kDirect, 1, size_t{1} << 20},
      {"mmap + populate", Method::kPopulated, 2},
      {"O_DIRECT", Method::kDirect, 4, size_t{8} << 20},
  };
  constexpr size_t kOthers = 3;
  for (size_t i = 0; i < kOthers; ++i) {
    ways.push_back(others[(static_cast<size_t>(round) * kOthers + i) % others.size()]);
  }
  std::rotate(ways.begin(), ways.begin() + round % ways.size(), ways.end());
  return ways;
}

// Removing a large file can take a second and slows what comes next.
inline void RemoveSettled(const std::string& directory, const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) Fail("unlink");
  const int parent = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY);
  ::fsync(parent);
  ::close(parent);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
}

// Each way first into a new file, then over the file that the way before it has made: its blocks
// are allocated by then and, unless written directly, its pages are in the cache. Not over the same
// file again, which the host still holds: a run's checkpoints take turns.
inline void WriteAll(const std::string& directory, size_t payload, int round) {
  const size_t bytes = (payload + kPage - 1) / kPage * kPage;
  Memory source(bytes, false);
  source.Touch(bytes);
  const std::string older = directory + "/raw-older";
  const std::string newer = directory + "/raw-newer";
  const std::vector<Way> ways = WaysOf(round);
  const auto make_older = [&] {
    WriteFile(older, source, bytes, {"buffered", Method::kBuffered, 1}, false);
  };
  make_older();
  for (const Way& way : ways) {
    WarmFreeMemory(bytes);
    for (const bool recycled : {false, true}) {
      const Times times = WriteFile(recycled ? older : newer, source, bytes, way, recycled);
      if (times.durable < 0) break;
      Emit((recycled ? "recycled " : "new ") + way.Label(), times.durable);
      if (recycled && times.copied >= 0) {
        Emit("copy into a recycled " + way.Label(), times.copied);
      }
    }
    RemoveSettled(directory, older);
    // A way that there is not here has made nothing.
    if (::rename(newer.c_str(), older.c_str()) != 0) make_older();
  }
  RemoveSettled(directory, older);
}
