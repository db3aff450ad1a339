/* SPDX-License-Identifier: MIT */
/*
 * Many files at once, with few buffers and no descriptor held open: --streams and --objects.
 *
 *	files_write()   into the file's buffer; a full one is appended to its file, which is opened for that moment
 *	beyond FILES_BUFFERS the file that was written to least recently gives its buffer up
 *
 * All lie in one folder. It is made with the first file, and nothing outside of it, or of an earlier run, is touched.
 */
#ifndef LIB_EXPORT_FILES_H
#define LIB_EXPORT_FILES_H

#include "internal.h"

enum { FILES_BUFFERS = 1024, FILES_BUFFER_BYTES = 16 * 1024, FILE_NAME_MAX = 160 };

/* One of them; all zero at first. */
struct small_file {
	char *name;                       /* within the folder; NULL: not made yet */
	uint8_t *buffer;
	uint32_t used;
	uint64_t bytes;                   /* written and in the buffer */
	struct small_file *newer, *older; /* of those that have a buffer */
};

struct files {
	struct export *e;                 /* errors go there */
	const char *path;                 /* of the folder; borrowed */
	int folder;                       /* descriptor, -1: not opened yet */
	uint32_t buffers;
	struct small_file *newest, *oldest;
	uint8_t *spare;
};

void files_init(struct files *fs, struct export *e, const char *path);
/* Makes the file, which must not be there already. 1: it is made; 0: there is one of that name; or an error, which is e's
 * from then on. */
int files_make(struct files *fs, struct small_file *f, const char *name);
void files_write(struct files *fs, struct small_file *f, const void *data, size_t len);
/* Another name, for one that is complete. */
void files_rename(struct files *fs, struct small_file *f, const char *name);
bool files_has(struct files *fs, const char *name);
/* Everything of this file on its way; its buffer and name are free. */
void files_finish(struct files *fs, struct small_file *f);
/* Everything of all files on its way: a live source has paused. */
void files_flush(struct files *fs);
void files_release(struct files *fs);

#endif
