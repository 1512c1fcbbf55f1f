#pragma once

#include "page_range.h"

namespace ckpt {

// Adds the memory of this process that may change without a write of this process that the kernel
// would see: what is mapped shared, where others write, and huge pages of hugetlb, which are marked
// in another way. False if the system does not tell.
bool FindSharedMemory(PageRanges* found);

}  // namespace ckpt
