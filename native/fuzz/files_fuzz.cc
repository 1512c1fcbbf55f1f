// Ranges of any numbers over real files: read, mapped and summed as they are, or refused. Files may
// be shorter than what opened them was told.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "core/crc32c.h"
#include "core/durable.h"
#include "core/mapping.h"
#include "core/range_reader.h"
#include "input.h"

namespace ckpt {
namespace {

constexpr size_t kFiles = 3;
// Above the block of a batched read and the gap that ends one.
constexpr size_t kSizes[kFiles] = {300000, 5000, 0};

// Files of bytes that tell their place, in a directory of this process.
struct Files {
  std::string directory = "/tmp/ndcheckpoint-fuzz-XXXXXX";
  std::vector<std::string> paths;
  std::vector<std::vector<std::byte>> bytes;

  Files() {
    if (::mkdtemp(directory.data()) == nullptr) std::abort();
    for (size_t file = 0; file < kFiles; ++file) {
      std::vector<std::byte>& content = bytes.emplace_back(kSizes[file]);
      uint32_t random = uint32_t(file) + 1;
      for (std::byte& byte : content) {
        random = random * 1664525 + 1013904223;
        byte = std::byte(random >> 24);
      }
      paths.push_back(directory + '/' + std::to_string(file));
      Result<UniqueFd> fd = CreateFile(AT_FDCWD, paths.back().c_str(), paths.back());
      if (!fd.ok() || !WriteAll(fd.value().get(), content, 0, paths.back()).ok()) std::abort();
    }
  }
  ~Files() {
    for (const std::string& path : paths) ::unlink(path.c_str());
    ::rmdir(directory.c_str());
  }
};

// Rows that lie in their files unless `wild` says otherwise.
std::vector<double> TakeRanges(Input& input, bool wild) {
  std::vector<double> cells;
  while (!input.empty() && cells.size() < 4 * 200) {
    const size_t file = input.Below(kFiles - 1);
    const uint64_t offset = input.Below(kSizes[file]);
    const uint64_t longest = kSizes[file] - offset;
    const uint64_t length =
        input.Below(input.Below(9) == 0 ? longest : std::min<uint64_t>(longest, 500));
    cells.insert(cells.end(),
                 {double(file), double(offset), double(length), double(input.Take<uint32_t>())});
    if (wild) cells[cells.size() - 1 - input.Below(3)] = input.Cell();
  }
  return cells;
}

}  // namespace
}  // namespace ckpt

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ckpt;
  static const Files files;
  Input input(data, size);
  const int threads = 1 + int(input.Below(2));
  const bool wild = input.Below(3) == 0;
  const std::vector<double> cells = TakeRanges(input, wild);
  Job job;
  std::vector<UniqueFd> open;
  Result<Mappings> mappings = OpenMappings(files.paths, job, &open);
  CKPT_EXPECT(mappings.ok());
  Result<std::vector<uint32_t>> summed = ChecksumRanges(mappings.value(), cells, threads, job);
  // Memory for rows that are no part of any file is refused before it is touched, but it is asked
  // for.
  double asked = 0;
  for (size_t i = 2; i < cells.size(); i += 4) asked += std::max(cells[i], 0.0);
  if (!(asked < 64e6)) return 0;
  Result<Loaded> loaded = LoadRanges(files.paths, cells, threads, job);
  CKPT_EXPECT(loaded.ok() == summed.ok());
  if (!loaded.ok()) {
    CKPT_EXPECT(wild);
    return 0;
  }
  for (size_t i = 0; i < cells.size() / 4; ++i) {
    const std::span<const std::byte> content = files.bytes[size_t(cells[4 * i])];
    const auto expected = content.subspan(size_t(cells[4 * i + 1]), size_t(cells[4 * i + 2]));
    const std::span<const std::byte> row = loaded.value().memory->row(i);
    CKPT_EXPECT(std::equal(row.begin(), row.end(), expected.begin(), expected.end()));
    const uint32_t crc = Crc32cExtend(uint32_t(cells[4 * i + 3]), expected);
    CKPT_EXPECT(loaded.value().crcs[i] == crc && summed.value()[i] == crc);
  }
  return 0;
}
