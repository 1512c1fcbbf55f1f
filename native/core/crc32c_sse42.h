#pragma once
// SSE4.2's crc32 instruction. Written as assembly so that a file needs no target flags for it and
// the compiler can inline it into the shared loop; it is only called after the processor was asked.

#if defined(__x86_64__)

#include "crc32c_interleaved.h"

namespace ckpt::crc32c {

struct Sse42Step {
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

using Sse42 = Interleaved<Sse42Step>;

}  // namespace ckpt::crc32c

#endif
