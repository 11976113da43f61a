/* Small files of sysfs and procfs: one system call each, errors as negative numbers. */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PATH_SIZE = 256 };

/* Joins up to three parts into a path; stops at PATH_SIZE. */
const char *path_of(char path[PATH_SIZE], const char *first, const char *second, const char *third);

/* Writes all of a text in one call. 0 or a negative error number. */
int write_file(const char *path, const char *text);

/* Reads up to size - 1 bytes and ends them; without the newline at the end. Bytes or a negative error number. */
long read_file(const char *path, char *text, size_t size);

/* Bytes of a file, up to size, in as many reads as it takes. */
long read_all(const char *path, char *text, size_t size);

/* The last part of where a link points. 0 or a negative error number. */
int read_link_name(const char *path, char *name, size_t size);

/* A line to the console, for people. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
