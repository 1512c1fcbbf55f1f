// SSE4.2's crc32 instruction. Written as assembly so that the file needs no target flags and the
// compiler can inline it into the shared loop; it is only called after the processor was asked.

#include "crc32c.h"

#if defined(__x86_64__)

#include "crc32c_interleaved.h"

namespace ckpt {
namespace {

struct Step {
  static uint32_t Word(uint32_t crc, uint64_t word) noexcept {
    uint64_t wide = crc;
    asm("crc32q %1, %0" : "+r"(wide) : "rm"(word));
    return static_cast<uint32_t>(wide);
  }
  static uint32_t Byte(uint32_t crc, uint8_t byte) noexcept {
    asm("crc32b %1, %0" : "+r"(crc) : "rm"(byte));
    return crc;
  }
};

}  // namespace

const Crc32cImplementation* Crc32cX86() noexcept {
  static constexpr Crc32cImplementation kImplementation{"sse4.2",
                                                        crc32c::Interleaved<Step>::Extend};
  return __builtin_cpu_supports("sse4.2") ? &kImplementation : nullptr;
}

}  // namespace ckpt

#else

const ckpt::Crc32cImplementation* ckpt::Crc32cX86() noexcept { return nullptr; }

#endif
