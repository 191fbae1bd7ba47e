/* The part of CommonCrypto that SQLCipher calls, for linking on Linux: see the README beside it. */

#ifndef OSAURUS_BRIDGE_COMMON_CRYPTO_H
#define OSAURUS_BRIDGE_COMMON_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

typedef int32_t CCCryptorStatus;
enum { kCCSuccess = 0 };

typedef uint32_t CCOperation;
enum { kCCEncrypt = 0, kCCDecrypt = 1 };

typedef uint32_t CCAlgorithm;
enum { kCCAlgorithmAES128 = 0 };
enum { kCCBlockSizeAES128 = 16 };
enum { kCCKeySizeAES128 = 16, kCCKeySizeAES256 = 32 };

typedef uint32_t CCOptions;
typedef struct _CCCryptor* CCCryptorRef;

CCCryptorStatus CCCryptorCreate(CCOperation op, CCAlgorithm alg, CCOptions options, const void* key, size_t keyLength,
                                const void* iv, CCCryptorRef* cryptorRef);
CCCryptorStatus CCCryptorUpdate(CCCryptorRef cryptorRef, const void* dataIn, size_t dataInLength, void* dataOut,
                                size_t dataOutAvailable, size_t* dataOutMoved);
CCCryptorStatus CCCryptorFinal(CCCryptorRef cryptorRef, void* dataOut, size_t dataOutAvailable, size_t* dataOutMoved);
CCCryptorStatus CCCryptorRelease(CCCryptorRef cryptorRef);

typedef uint32_t CCHmacAlgorithm;
enum { kCCHmacAlgSHA1 = 0, kCCHmacAlgSHA256 = 2, kCCHmacAlgSHA512 = 4 };
typedef struct {
    uint32_t ctx[96];
} CCHmacContext;

void CCHmacInit(CCHmacContext* ctx, CCHmacAlgorithm algorithm, const void* key, size_t keyLength);
void CCHmacUpdate(CCHmacContext* ctx, const void* data, size_t dataLength);
void CCHmacFinal(CCHmacContext* ctx, void* macOut);

typedef uint32_t CCPBKDFAlgorithm;
enum { kCCPBKDF2 = 2 };
typedef uint32_t CCPseudoRandomAlgorithm;
enum { kCCPRFHmacAlgSHA1 = 1, kCCPRFHmacAlgSHA256 = 3, kCCPRFHmacAlgSHA512 = 5 };

int CCKeyDerivationPBKDF(CCPBKDFAlgorithm algorithm, const char* password, size_t passwordLen, const uint8_t* salt,
                         size_t saltLen, CCPseudoRandomAlgorithm prf, unsigned rounds, uint8_t* derivedKey,
                         size_t derivedKeyLen);

/* Lengths of digests. */
#define CC_SHA1_DIGEST_LENGTH 20
#define CC_SHA256_DIGEST_LENGTH 32
#define CC_SHA512_DIGEST_LENGTH 64

#endif
