#pragma once
// Copies arrays into memory that this processor will not read soon.

#include <cstddef>
#include <span>

namespace ckpt {

// As memcpy, at the speed of the memory. An ordinary copy reads each line of the target before it
// overwrites it, and pushes out of the caches what the program needs next; memcpy itself avoids
// that only from a size on that is larger than most arrays.
void CopyStream(std::byte* target, std::span<const std::byte> source) noexcept;

}  // namespace ckpt
