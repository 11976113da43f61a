/* Memory whose physical neighbours are known: rows of four pages, apart from each other. */
#ifndef SCATTER_H
#define SCATTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IN_A_ROW = 4 };

/* The physical address of a user page. */
typedef uint64_t physical_fn(uint64_t address);

/*
 * Puts pages at where, rows of IN_A_ROW that are contiguous and aligned in physical memory; no row follows the one
 * before it there. False: the kernel gave no such pages, and nothing has been put.
 */
bool scatter_pages(char *where, size_t rows, size_t page_size, physical_fn *physical);

#endif
