// ARMv8's optional CRC instructions, as assembly for the reasons given in crc32c_sse42.h.

#include "crc32c.h"

#if defined(__aarch64__)

#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include "crc32c_blocks.h"
#include "crc32c_interleaved.h"

namespace ckpt {
namespace {

struct Step {
  static uint32_t Word(uint32_t crc, uint64_t word) noexcept {
    asm(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r"(crc) : "r"(word));
    return crc;
  }
  static uint32_t Byte(uint32_t crc, uint8_t byte) noexcept {
    asm(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1" : "+r"(crc) : "r"(uint32_t{byte}));
    return crc;
  }
};

bool Supported() noexcept {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
#else
  return true;  // every Apple processor with this architecture
#endif
}

}  // namespace

const Crc32cImplementation* Crc32cArm64() noexcept {
  constexpr auto kExtend = crc32c::Interleaved<Step>::Extend;
  static constexpr Crc32cImplementation kImplementation{"arm64", kExtend,
                                                        crc32c::CopyInBlocks<kExtend>};
  return Supported() ? &kImplementation : nullptr;
}

}  // namespace ckpt

#else

const ckpt::Crc32cImplementation* ckpt::Crc32cArm64() noexcept { return nullptr; }

#endif
