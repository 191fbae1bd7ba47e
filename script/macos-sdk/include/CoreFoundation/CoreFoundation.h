/* The part of CoreFoundation that SQLCipher calls, for linking on Linux: see the README above. */

#ifndef OSAURUS_BRIDGE_CORE_FOUNDATION_H
#define OSAURUS_BRIDGE_CORE_FOUNDATION_H

#include <TargetConditionals.h>
#include <stdint.h>

typedef const void* CFTypeRef;
typedef const struct __CFString* CFStringRef;
typedef struct __CFBundle* CFBundleRef;
typedef uint32_t CFStringEncoding;
enum { kCFStringEncodingUTF8 = 0x08000100 };

#define CFSTR(text) ((CFStringRef)__builtin___CFStringMakeConstantString("" text ""))

extern const CFStringRef kCFBundleVersionKey;

CFBundleRef CFBundleGetBundleWithIdentifier(CFStringRef bundleID);
CFTypeRef CFBundleGetValueForInfoDictionaryKey(CFBundleRef bundle, CFStringRef key);
const char* CFStringGetCStringPtr(CFStringRef theString, CFStringEncoding encoding);

#endif
