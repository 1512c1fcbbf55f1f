#include <sys/mman.h>

#include <numeric>

#include "durable.h"
#include "pieces.h"
#include "range_reader.h"
#include "ranges.h"

namespace ckpt {
namespace {

constexpr size_t kMaxOpenFiles = 32;
constexpr size_t kReadBytes = 1 << 20;
constexpr size_t kHugePage = size_t{2} << 20;

struct OpenFile {
  UniqueFd fd;
  uint64_t size = 0;
};

// Fresh huge pages are filled three times as fast as small ones. A hint on the whole huge pages of
// a large target, which therefore lie in it alone.
void HintHugePages([[maybe_unused]] std::span<std::byte> target) noexcept {
#if defined(MADV_HUGEPAGE)
  if (target.size() < 2 * kHugePage) return;
  const uintptr_t data = reinterpret_cast<uintptr_t>(target.data());
  const uintptr_t start = (data + kHugePage - 1) / kHugePage * kHugePage;
  const uintptr_t end = (data + target.size()) / kHugePage * kHugePage;
  ::madvise(reinterpret_cast<void*>(start), end - start, MADV_HUGEPAGE);
#endif
}

Status EndsEarly(const std::string& path, uint64_t end) {
  return Status::Corrupt("file ends before byte " + std::to_string(end), path);
}

Status ReadPart(const OpenFile& file, const std::string& path, uint64_t offset,
                std::span<std::byte> target, uint32_t* crc, Job& job) {
  while (!target.empty()) {
    CKPT_TRY(job.Check());
    const size_t want = std::min(target.size(), kReadBytes);
    const ssize_t count = RetryOnInterrupt(
        [&] { return ::pread(file.fd.get(), target.data(), want, static_cast<off_t>(offset)); });
    if (count < 0) return Status::FromErrno(errno, "read", path);
    if (count == 0) return EndsEarly(path, offset + target.size());
    const size_t got = static_cast<size_t>(count);
    *crc = Crc32cExtend(*crc, target.first(got));
    job.Add(got);
    offset += got;
    target = target.subspan(got);
  }
  return Status::Ok();
}

// The rows of one load, in the order of their files.
class Loader {
 public:
  Loader(std::span<const std::string> paths, std::span<const Range> rows,
         std::span<const std::span<std::byte>> targets, Job& job)
      : paths_(paths), rows_(rows), targets_(targets), job_(job), order_(rows.size()) {
    std::iota(order_.begin(), order_.end(), size_t{0});
    const auto by_file = [&](size_t a, size_t b) { return rows_[a].file < rows_[b].file; };
    if (!std::is_sorted(order_.begin(), order_.end(), by_file)) {
      std::stable_sort(order_.begin(), order_.end(), by_file);
    }
  }

  // Goes through the files in groups, so that any number of them needs few descriptors.
  Status Run(int threads, std::span<uint32_t> crcs) {
    size_t first = 0;
    while (first < order_.size()) {
      std::vector<OpenFile> files;
      const size_t base = rows_[order_[first]].file;
      const size_t limit = std::min(base + kMaxOpenFiles, paths_.size());
      for (size_t file = base; file < limit; ++file) CKPT_TRY(Open(file, &files));
      size_t end = first;
      while (end < order_.size() && rows_[order_[end]].file < limit) ++end;
      CKPT_TRY(RunGroup(files, base, {order_.data() + first, end - first}, threads, crcs));
      first = end;
    }
    return Status::Ok();
  }

 private:
  Status Open(size_t file, std::vector<OpenFile>* files) {
    uint64_t size = 0;
    Result<UniqueFd> fd = OpenForReading(paths_[file], &size);
    if (!fd.ok()) return fd.status();
    files->push_back({std::move(fd).value(), size});
    return Status::Ok();
  }

  Status RunGroup(std::span<const OpenFile> files, size_t base, std::span<const size_t> group,
                  int threads, std::span<uint32_t> crcs) {
    std::vector<uint32_t> group_crcs(group.size());
    for (size_t i = 0; i < group.size(); ++i) {
      const Range& row = rows_[group[i]];
      if (!row.extent.FitsIn(files[row.file - base].size)) {
        return EndsEarly(paths_[row.file], row.extent.offset + row.extent.length);
      }
      HintHugePages(targets_[group[i]]);
      group_crcs[i] = crcs[group[i]];
    }
    const auto length = [&](size_t i) { return rows_[group[i]].extent.length; };
    std::vector<Piece> pieces = CutPieces(group.size(), threads, length);
    CKPT_TRY(RunPieces(pieces, threads, group_crcs, [&](Piece& piece) {
      return ForEachRow(
          piece, length, group_crcs, [&](size_t i, uint64_t begin, uint64_t part, uint32_t* crc) {
            const Range& row = rows_[group[i]];
            return ReadPart(files[row.file - base], paths_[row.file], row.extent.offset + begin,
                            targets_[group[i]].subspan(begin, part), crc, job_);
          });
    }));
    for (size_t i = 0; i < group.size(); ++i) crcs[group[i]] = group_crcs[i];
    return Status::Ok();
  }

  const std::span<const std::string> paths_;
  const std::span<const Range> rows_;
  const std::span<const std::span<std::byte>> targets_;
  Job& job_;
  std::vector<size_t> order_;
};

}  // namespace

Result<std::vector<uint32_t>> LoadRanges(std::span<const std::string> paths,
                                         std::span<const double> cells,
                                         std::span<const std::span<std::byte>> targets, int threads,
                                         Job& job) noexcept {
  return NoThrow([&]() -> Result<std::vector<uint32_t>> {
    Result<Ranges> read = ReadRanges(cells, paths.size());
    if (!read.ok()) return read.status();
    const std::vector<Range>& rows = read.value().rows;
    if (targets.size() != rows.size())
      return Status::Invalid("one target is needed for each range");
    for (size_t i = 0; i < rows.size(); ++i) {
      if (targets[i].size() == rows[i].extent.length) continue;
      return Status::Invalid("range " + std::to_string(i) + ": its target has another length");
    }
    std::vector<uint32_t> crcs = std::move(read.value().seeds);
    CKPT_TRY(Loader(paths, rows, targets, job).Run(threads, crcs));
    return crcs;
  });
}

}  // namespace ckpt
