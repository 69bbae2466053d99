#ifndef CPLATFORM_H
#define CPLATFORM_H

// mallopt, which Swift's Glibc leaves out.
#include <malloc.h>

// What the compiler was told about the CPU, for Swift code, which has no conditional on CPU features.
enum {
#if defined(__AVX512F__) && defined(__AVX512DQ__)
  PLATFORM_VECTOR_BITS = 512
#elif defined(__AVX2__)
  PLATFORM_VECTOR_BITS = 256
#else
  PLATFORM_VECTOR_BITS = 128
#endif
};

// Has the system end this process when it crashes, without a report of its memory by the language's runtime, and refuse
// images of that memory, also to debuggers of the same user.
void platform_guard_memory(void);

// Tells the CPU that this thread looks at memory until it changes.
static inline void platform_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __builtin_arm_yield();
#endif
}

#endif
