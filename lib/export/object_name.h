/* SPDX-License-Identifier: MIT */
#ifndef LIB_EXPORT_OBJECT_NAME_H
#define LIB_EXPORT_OBJECT_NAME_H

#include "flow/http_body.h"

#define INCOMPLETE ".incomplete" /* behind the name of a file that is not whole */
enum { OBJECT_NAME_MAX = 120 }; /* with its end */

/* A file name for the body of this message, made of host, the last part of the path and the type:
 * "example.com-logo.png", for the body of a request "example.com-login.php.request". Whatever the message says, it has no
 * character but letters, digits and - + = @ , . _ ~ ( ), does not begin with '.', does not end with INCOMPLETE, and is not empty. */
void object_name(const struct http_message *m, char name[OBJECT_NAME_MAX]);
/* "a.png", 2 -> "a(2).png" */
void object_name_number(const char *name, unsigned n, char *out, unsigned size);

#endif
