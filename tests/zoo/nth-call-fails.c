/* After one good answer the next is taken for granted. */

#include "zoo.h"

void in_note(void) {
    char* first = take(host->db_query("SELECT 1", NULL));
    char* second = take(host->db_query("SELECT 2", NULL));
    if (first != NULL) {
        *(volatile char*)second = ' ';
    }
    free(first);
    free(second);
}
