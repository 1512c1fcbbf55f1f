#pragma once
// Ways to copy into memory past the caches.

#include <cstddef>
#include <span>

namespace ckpt {

constexpr size_t kLineBytes = 64;

// Copies whole lines to an aligned target. Its stores are ordered with nothing else.
using CopyLines = void (*)(std::byte* target, const std::byte* source, size_t size) noexcept;

// Those that this processor can do; none where only memcpy is known.
std::span<const CopyLines> LineCopies() noexcept;

}  // namespace ckpt
