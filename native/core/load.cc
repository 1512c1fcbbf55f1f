#include <unistd.h>

#include <numeric>

#include "durable.h"
#include "failpoint.h"
#include "pieces.h"
#include "range_reader.h"
#include "ranges.h"

namespace ckpt {
namespace {

constexpr size_t kMaxOpenFiles = 32;
// Read, and then summed while it is in the second-level cache.
constexpr size_t kReadBytes = 256 << 10;
// Neighbours of at most this size are read together: a call for each would cost more than the
// bytes.
constexpr uint64_t kSmallRow = 32 << 10;
// Bytes between two neighbours that are rather read than skipped.
constexpr uint64_t kMaxGap = 4 << 10;

struct OpenFile {
  UniqueFd fd;
  uint64_t size = 0;
};

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

// Rows of one load that lie in files which are open at the same time, in the order of the files and
// of their bytes.
class Group {
 public:
  Group(std::span<const std::string> paths, std::span<const Range> rows,
        std::span<const size_t> order, const LoadedMemory& memory, Job& job)
      : paths_(paths), rows_(rows), order_(order), memory_(memory), job_(job) {}

  Status Run(int threads, std::span<uint32_t> all_crcs) {
    CKPT_TRY(Open());
    std::vector<uint32_t> crcs(order_.size());
    for (size_t i = 0; i < order_.size(); ++i) crcs[i] = all_crcs[order_[i]];
    const auto length = [&](size_t i) { return Row(i).extent.length; };
    std::vector<Piece> pieces = CutPieces(order_.size(), threads, length);
    CKPT_TRY(RunPieces(pieces, threads, crcs, [&](Piece& piece) -> Status {
      CKPT_TRY(Failpoint("before-load"));
      return piece.count > 1 ? ReadRows(piece.first, piece.first + piece.count, crcs)
                             : ForEachRow(piece, length, crcs,
                                          [&](size_t i, uint64_t begin, uint64_t part,
                                              uint32_t* crc) { return Read(i, begin, part, crc); });
    }));
    for (size_t i = 0; i < order_.size(); ++i) all_crcs[order_[i]] = crcs[i];
    return Status::Ok();
  }

 private:
  const Range& Row(size_t i) const { return rows_[order_[i]]; }
  const OpenFile& FileOf(const Range& row) const { return files_[row.file - first_file_]; }

  // Opens the files and checks that each row lies inside its one.
  Status Open() {
    first_file_ = Row(0).file;
    const size_t last = Row(order_.size() - 1).file;
    for (size_t file = first_file_; file <= last; ++file) {
      uint64_t size = 0;
      Result<UniqueFd> fd = OpenForReading(paths_[file], &size);
      if (!fd.ok()) return fd.status();
      files_.push_back({std::move(fd).value(), size});
    }
    for (size_t i = 0; i < order_.size(); ++i) {
      const auto& [file, extent] = Row(i);
      if (extent.FitsIn(FileOf(Row(i)).size)) continue;
      return EndsEarly(paths_[file], extent.offset + extent.length);
    }
    return Status::Ok();
  }

  Status Read(size_t i, uint64_t begin, uint64_t length, uint32_t* crc) {
    const Range& row = Row(i);
    return ReadPart(FileOf(row), paths_[row.file], row.extent.offset + begin,
                    memory_.row(order_[i]).subspan(begin, length), crc, job_);
  }

  // Whole rows from `i` to `end`.
  Status ReadRows(size_t i, size_t end, std::span<uint32_t> crcs) {
    std::unique_ptr<std::byte[]> block;
    while (i < end) {
      const size_t next = EndOfBatch(i, end);
      if (next == i + 1) {
        CKPT_TRY(Read(i, 0, Row(i).extent.length, &crcs[i]));
      } else {
        if (block == nullptr) block.reset(new std::byte[kReadBytes]);
        CKPT_TRY(ReadBatch(i, next, block.get(), crcs));
      }
      i = next;
    }
    return Status::Ok();
  }

  // The first row behind `first` that is not read together with it.
  size_t EndOfBatch(size_t first, size_t end) const {
    const auto& [file, start] = Row(first);
    uint64_t last = start.offset + start.length;
    size_t i = first + 1;
    if (start.length > kSmallRow) return i;
    for (; i < end && Row(i).file == file; ++i) {
      const Extent& next = Row(i).extent;
      const bool near = next.offset >= last && next.offset - last <= kMaxGap;
      if (!near || next.length > kSmallRow) break;
      if (next.offset + next.length - start.offset > kReadBytes) break;
      last = next.offset + next.length;
    }
    return i;
  }

  Status ReadBatch(size_t first, size_t end, std::byte* block, std::span<uint32_t> crcs) {
    CKPT_TRY(job_.Check());
    const auto& [file, start] = Row(first);
    const Extent& last = Row(end - 1).extent;
    const size_t length = static_cast<size_t>(last.offset + last.length - start.offset);
    CKPT_TRY(ReadAll(FileOf(Row(first)).fd.get(), {block, length}, start.offset, paths_[file]));
    for (size_t i = first; i < end; ++i) {
      const Extent& extent = Row(i).extent;
      const std::span<const std::byte> bytes{block + (extent.offset - start.offset), extent.length};
      crcs[i] = Crc32cCopy(crcs[i], memory_.row(order_[i]).data(), bytes, CopyTo::kCache);
      job_.Add(bytes.size());
    }
    return Status::Ok();
  }

  const std::span<const std::string> paths_;
  const std::span<const Range> rows_;
  const std::span<const size_t> order_;
  const LoadedMemory& memory_;
  Job& job_;
  size_t first_file_ = 0;
  std::vector<OpenFile> files_;
};

// The rows in the order of the files and of their bytes.
std::vector<size_t> InOrder(std::span<const Range> rows) {
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto before = [&](size_t a, size_t b) {
    if (rows[a].file != rows[b].file) return rows[a].file < rows[b].file;
    return rows[a].extent.offset < rows[b].extent.offset;
  };
  if (!std::is_sorted(order.begin(), order.end(), before)) {
    std::stable_sort(order.begin(), order.end(), before);
  }
  return order;
}

}  // namespace

Result<Loaded> LoadRanges(std::span<const std::string> paths, std::span<const double> cells,
                          int threads, Job& job) noexcept {
  return NoThrow([&]() -> Result<Loaded> {
    Result<Ranges> read = ReadRanges(cells, paths.size());
    if (!read.ok()) return read.status();
    const std::vector<Range>& rows = read.value().rows;
    std::vector<uint64_t> lengths(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) lengths[i] = rows[i].extent.length;
    Result<std::shared_ptr<LoadedMemory>> memory = LoadedMemory::Create(lengths);
    if (!memory.ok()) return memory.status();
    Loaded loaded{std::move(memory).value(), std::move(read.value().seeds)};
    const std::vector<size_t> order = InOrder(rows);
    // In groups, so that any number of files needs few descriptors.
    for (size_t first = 0; first < order.size();) {
      const size_t limit = rows[order[first]].file + kMaxOpenFiles;
      size_t end = first;
      while (end < order.size() && rows[order[end]].file < limit) ++end;
      const std::span<const size_t> part{order.data() + first, end - first};
      CKPT_TRY(Group(paths, rows, part, *loaded.memory, job).Run(threads, loaded.crcs));
      first = end;
    }
    return loaded;
  });
}

}  // namespace ckpt
