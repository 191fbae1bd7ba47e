/* What the host adds to the arguments is refused. */

#include "zoo.h"

char* echo(json_t* arguments) {
    return json_object_size(arguments) == 1 ? success(json_pack("{s:s}", "text", text_of(arguments)))
                                            : failure("invalid_args", "only `text` is allowed", NULL);
}
