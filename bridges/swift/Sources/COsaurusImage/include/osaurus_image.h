// Keeps the plugin's library in memory. Called when the library is entered; knows nothing of Osaurus.
#ifndef OSAURUS_IMAGE_H
#define OSAURUS_IMAGE_H

/// Makes dlclose leave the library in memory that this function is linked into.
void osr_image_pin(void);

#endif
