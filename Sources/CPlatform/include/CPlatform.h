// What the compiler was told about the CPU, for Swift code, which has no conditional on CPU features.
#ifndef CPLATFORM_H
#define CPLATFORM_H

enum {
#if defined(__AVX512F__) && defined(__AVX512DQ__)
  PLATFORM_VECTOR_BITS = 512
#elif defined(__AVX2__)
  PLATFORM_VECTOR_BITS = 256
#else
  PLATFORM_VECTOR_BITS = 128
#endif
};

#endif
