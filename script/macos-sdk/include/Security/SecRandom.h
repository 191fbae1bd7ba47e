/* The part of Security that SQLCipher calls, for linking on Linux: see the README above. */

#ifndef OSAURUS_BRIDGE_SEC_RANDOM_H
#define OSAURUS_BRIDGE_SEC_RANDOM_H

#include <stddef.h>

typedef const struct __SecRandom* SecRandomRef;
extern const SecRandomRef kSecRandomDefault;

int SecRandomCopyBytes(SecRandomRef rnd, size_t count, void* bytes);

#endif
