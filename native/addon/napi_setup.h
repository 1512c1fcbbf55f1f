#pragma once
// The only include of napi.h, so that every file sees the same switches. NAPI_VERSION and C++
// exceptions come from the builds.

// Finalizers run inside garbage collection and must not touch JavaScript; others fail to compile.
#define NODE_ADDON_API_REQUIRE_BASIC_FINALIZERS

// A worker may be terminated while it is inside a call. Node-API calls then fail, and so does
// throwing their failure in JavaScript; without this the second failure leaves the callback as a
// C++ exception and ends the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS

// An allocation may fail in any call, and an exception that is no Napi::Error would end the
// process. lib/failures.ts knows it by its text.
#define NODE_ADDON_API_CPP_EXCEPTIONS_ALL

#include <napi.h>
