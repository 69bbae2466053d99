// What the verifier calls of libsodium.
#include <stddef.h>
int sodium_init(void);
int crypto_generichash_blake2b_salt_personal(
  unsigned char *out, size_t outCount, const unsigned char *in, unsigned long long count, const unsigned char *key, size_t keyCount,
  const unsigned char *salt, const unsigned char *personal);
