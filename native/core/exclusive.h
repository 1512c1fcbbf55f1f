#pragma once

namespace ckpt {

// True if the open regular file `fd` has one name only and nobody but `fd` has it open or mapped,
// in this process or any other. False where the system cannot tell.
bool Exclusive(int fd) noexcept;

// Tries whether `Exclusive` can be trusted for files of an open directory: whether it sees a
// mapping whose descriptor is closed. Overlay file systems, as containers have them, keep mappings
// of the file below, where it does not look.
bool TellsExclusive(int dir) noexcept;

}  // namespace ckpt
