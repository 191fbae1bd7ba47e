/* NULL in place of two answers at once is read. */

#include "zoo.h"

void in_note(void) {
    char* first = take(host->db_query("SELECT 1", NULL));
    char* second = take(host->db_query("SELECT 2", NULL));
    volatile char* either = first != NULL ? first : second;
    either[0] = ' ';
    free(first);
    free(second);
}
