#include "written_pages.h"

#if defined(__linux__)
#include <sys/syscall.h>
#endif

#if defined(__linux__) && defined(SYS_userfaultfd)

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <algorithm>

namespace ckpt {

// struct page_region of linux/fs.h
struct WrittenPages::Region {
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t categories = 0;
};

namespace {

// As linux/userfaultfd.h and linux/fs.h of 6.7 have them; the headers of many systems are older
// than the kernel that runs.
struct FaultApi {
  uint64_t api = 0xAA;
  uint64_t features = 0;
  uint64_t ioctls = 0;
};
struct FaultRange {
  uint64_t start = 0;
  uint64_t length = 0;
};
struct FaultRegister {
  FaultRange range;
  uint64_t mode = 0;
  uint64_t ioctls = 0;
};
struct FaultProtect {
  FaultRange range;
  uint64_t mode = 0;
};
struct ScanArgs {
  uint64_t size = sizeof(ScanArgs);
  uint64_t flags = 0;
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t walk_end = 0;
  uint64_t regions = 0;
  uint64_t region_count = 0;
  uint64_t max_pages = 0;
  uint64_t category_inverted = 0;
  uint64_t category_mask = 0;
  uint64_t category_anyof_mask = 0;
  uint64_t return_mask = 0;
};

constexpr unsigned long kFaultApi = _IOWR(0xAA, 0x3F, FaultApi);
constexpr unsigned long kFaultRegister = _IOWR(0xAA, 0x00, FaultRegister);
constexpr unsigned long kFaultUnregister = _IOR(0xAA, 0x01, FaultRange);
constexpr unsigned long kFaultProtect = _IOWR(0xAA, 0x06, FaultProtect);
constexpr unsigned long kPagemapScan = _IOWR('f', 16, ScanArgs);

constexpr int kUserModeOnly = 1;
constexpr uint64_t kProtectUnpopulated = 1 << 13;
constexpr uint64_t kProtectAsync = 1 << 15;
constexpr uint64_t kRegisterProtect = 1 << 1;
constexpr uint64_t kProtect = 1 << 0;
constexpr uint64_t kScanArms = 1 << 0;
constexpr uint64_t kIsWritten = 1 << 1;
constexpr uint64_t kIsPresent = 1 << 3;
constexpr uint64_t kIsSwapped = 1 << 4;  // also the marks of pages that are not there
constexpr int kWipeOnFork = 18;          // MADV_WIPEONFORK

constexpr size_t kRegions = 4096;

FaultRange ToFaultRange(PageRange range) noexcept { return {range.start, range.end - range.start}; }

// False for what a kernel should not tell.
bool Follows(PageRange region, PageRange rest) noexcept {
  return region.start >= rest.start && region.end > region.start && region.end <= rest.end;
}

template <typename Argument>
long Request(const UniqueFd& fd, unsigned long request, Argument& argument) noexcept {
  return ::ioctl(fd.get(), request, &argument);
}

}  // namespace

WrittenPages::WrittenPages() : regions_(kRegions) {}

WrittenPages::~WrittenPages() {
  if (mark_ != nullptr) ::munmap(mark_, PageSize());
}

std::unique_ptr<WrittenPages> WrittenPages::Open() {
  std::unique_ptr<WrittenPages> pages(new WrittenPages);
  if (!pages->Start()) return nullptr;
  return pages;
}

bool WrittenPages::Start() noexcept {
  // Only what programs do, so that no privilege is needed; writes of the kernel for the program, as
  // by read(2), are seen nevertheless, since nobody has to handle them.
  constexpr int kFlags = O_CLOEXEC | O_NONBLOCK | kUserModeOnly;
  fault_fd_ = UniqueFd(static_cast<int>(::syscall(SYS_userfaultfd, kFlags)));
  if (!fault_fd_.valid()) return false;
  FaultApi api;
  api.features = kProtectAsync | kProtectUnpopulated;
  if (Request(fault_fd_, kFaultApi, api) != 0) return false;
  pagemap_ = UniqueFd(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  if (!pagemap_.valid()) return false;
  void* const page =
      ::mmap(nullptr, PageSize(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return false;
  mark_ = static_cast<char*>(page);
  if (::madvise(page, PageSize(), kWipeOnFork) != 0) return false;
  *mark_ = 1;
  return true;
}

bool WrittenPages::mine() const noexcept { return *mark_ == 1; }

bool WrittenPages::Register(PageRange range) noexcept {
  FaultRegister argument;
  argument.range = ToFaultRange(range);
  argument.mode = kRegisterProtect;
  return Request(fault_fd_, kFaultRegister, argument) == 0;
}

void WrittenPages::Unregister(PageRange range) noexcept {
  FaultRange argument = ToFaultRange(range);
  (void)Request(fault_fd_, kFaultUnregister, argument);
}

void WrittenPages::Arm(PageRange range) noexcept {
  FaultProtect argument;
  argument.range = ToFaultRange(range);
  argument.mode = kProtect;
  // One that fails leaves pages without a mark, which count as changed next time.
  (void)Request(fault_fd_, kFaultProtect, argument);
}

// Fills `regions_` with the pages from the start of `range` that exist in any form, and arms those
// that are written, both in one step for each page. Returns how many there are; fewer than
// `regions_` holds: no more.
//
// Ranges without a page table are not asked for: kernels arm them, but some wait forever for
// themselves if the memory is hugetlb's.
size_t WrittenPages::Ask(PageRange range) noexcept {
  ScanArgs args;
  args.flags = kScanArms;
  args.start = range.start;
  args.end = range.end;
  args.regions = reinterpret_cast<uintptr_t>(regions_.data());
  args.region_count = regions_.size();
  args.category_anyof_mask = kIsWritten | kIsPresent | kIsSwapped;
  args.return_mask = kIsWritten;
  const long count = Request(pagemap_, kPagemapScan, args);
  return count < 0 ? 0 : std::min(static_cast<size_t>(count), regions_.size());
}

// Adds [begin, end), which has no marks, to `changed`. `missing`: some of it was not told of, so
// that it was not armed either. What is written to it until then, whoever copies the array after
// the scan has.
void WrittenPages::Close(PageRange range, bool missing, PageRanges& changed) {
  if (range.start >= range.end) return;
  changed.push_back(range);
  if (missing) Arm(range);
}

void WrittenPages::Scan(PageRange range, PageRanges& changed) {
  uintptr_t at = range.start;        // the kernel has told of all before
  uintptr_t unmarked = range.start;  // from here to `at`, nothing has a mark
  bool missing = false;
  for (bool more = true; more;) {
    const size_t count = Ask({at, range.end});
    more = count == regions_.size();
    for (size_t i = 0; i < count; ++i) {
      const PageRange region{static_cast<uintptr_t>(regions_[i].start),
                             static_cast<uintptr_t>(regions_[i].end)};
      if (!Follows(region, {at, range.end})) {
        more = false;  // nor is anything else believed
        break;
      }
      missing = missing || region.start > at;
      at = region.end;
      if ((regions_[i].categories & kIsWritten) != 0) continue;
      Close({unmarked, region.start}, missing, changed);
      unmarked = region.end;
      missing = false;
    }
  }
  // What is not told of is not there or not registered, or the request has failed.
  Close({unmarked, range.end}, missing || at < range.end, changed);
}

}  // namespace ckpt

#else

namespace ckpt {

struct WrittenPages::Region {};
WrittenPages::WrittenPages() = default;
WrittenPages::~WrittenPages() = default;
std::unique_ptr<WrittenPages> WrittenPages::Open() { return nullptr; }
bool WrittenPages::mine() const noexcept { return false; }
bool WrittenPages::Register(PageRange) noexcept { return false; }
void WrittenPages::Unregister(PageRange) noexcept {}
void WrittenPages::Scan(PageRange range, PageRanges& changed) { changed.push_back(range); }

}  // namespace ckpt

#endif
