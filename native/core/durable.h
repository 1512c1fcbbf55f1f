#pragma once
// Operating-system calls on files that a commit is made of. Paths may be relative to an open
// directory `dir` (AT_FDCWD for none); `path` is what a failure reports.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "fd.h"
#include "job.h"
#include "status.h"

namespace ckpt {

// Opens a regular file, or fails: EISDIR for a directory, EINVAL for anything else.
Result<UniqueFd> OpenForReading(const std::string& path, uint64_t* size);

// Makes a new file for reading and writing; a file of that name is an EEXIST failure.
Result<UniqueFd> CreateFile(int dir, const char* name, const std::string& path);

// Fills `bytes` from `offset` on; kCorrupt if the file ends before.
Status ReadAll(int fd, std::span<std::byte> bytes, uint64_t offset, const std::string& path);

// kCorrupt: the file is shorter than `end`.
Status EndsEarly(const std::string& path, uint64_t end);

// Writes all of `bytes` at `offset`.
Status WriteAll(int fd, std::span<const std::byte> bytes, uint64_t offset, const std::string& path);

// Allocates the blocks of a new file. ENOTSUP in *unsupported instead of a failure when the file
// system cannot: the file is then only made `size` long, and a store into a mapping of it could
// meet a full disk, which is SIGBUS.
Status Allocate(int fd, uint64_t size, const std::string& path, bool* unsupported);

// Waits until the file's bytes are on the device. A failure is final: the kernel may have marked
// the lost pages clean, so a second call would succeed without them.
Status SyncFile(int fd, const std::string& path);

// Asks the kernel to start writing a range that will be synced later. A hint; never fails.
void StartWriteback(int fd, uint64_t offset, uint64_t length) noexcept;

// Makes renames, links and new entries in a directory durable.
Status SyncDirectory(const std::string& path);

// Makes a directory and its missing parents, and with `durable` their entries durable.
Status MakeDirectories(const std::string& path, bool durable);

// Moves a file to a name that must be free; EEXIST otherwise.
Status RenameNoReplace(int dir, const char* name, const std::string& destination);

// Unlinks each file that is there; goes on after a failure and reports the first.
Status RemoveFiles(std::span<const std::string> paths, const Job& job) noexcept;

// The directory that holds `path`: "a/b" gives "a", "b" gives ".", "/b" gives "/".
std::string ParentOf(const std::string& path);

}  // namespace ckpt
