// Keeps the plugin's library in memory. Knows nothing of Osaurus.
#ifndef OSAURUS_IMAGE_H
#define OSAURUS_IMAGE_H

/// Makes dlclose leave the library in memory that this function is linked into. Runs by itself when the library is opened:
/// from then on the Swift runtime has pointers into it. Callers only see to it that a linker does not leave it out.
void osr_image_pin(void);

#endif
