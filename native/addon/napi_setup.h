#pragma once
// The only include of napi.h, so that every file sees the same switches. NAPI_VERSION and C++
// exceptions come from the builds.

// Finalizers run inside garbage collection and must not touch JavaScript; others fail to compile.
#define NODE_ADDON_API_REQUIRE_BASIC_FINALIZERS

#include <napi.h>
