#pragma once

namespace ckpt {

// True if the open regular file `fd` has one name only and nobody but `fd` has it open or mapped,
// in this process or any other. False where the system cannot tell.
bool Exclusive(int fd) noexcept;

}  // namespace ckpt
