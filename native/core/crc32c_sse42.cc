#include "crc32c_sse42.h"

#include "crc32c.h"
#include "crc32c_blocks.h"

#if defined(__x86_64__)

const ckpt::Crc32cImplementation* ckpt::Crc32cSse42() noexcept {
  static constexpr Crc32cImplementation kImplementation{
      "sse4.2", crc32c::Sse42::Extend, crc32c::CopyInBlocks<crc32c::Sse42::Extend>};
  return __builtin_cpu_supports("sse4.2") ? &kImplementation : nullptr;
}

#else

const ckpt::Crc32cImplementation* ckpt::Crc32cSse42() noexcept { return nullptr; }

#endif
