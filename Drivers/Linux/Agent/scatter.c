/* Takes more pages than are needed, finds rows among them by their physical addresses, and moves these. */
#include "scatter.h"

#include <stdlib.h>
#include <sys/mman.h>

enum {
	/* How many times what is needed is taken. */
	PLENTY = 3,
	/* Odd, so that it permutes the rows. */
	STRIDE = 37,
};

struct page {
	uint64_t physical;
	char *at;
};

static int by_address(const void *a, const void *b)
{
	uint64_t first = ((const struct page *)a)->physical, second = ((const struct page *)b)->physical;

	return first < second ? -1 : first > second;
}

/* Moves the rows to the front, in the order of their addresses. How many there are, up to rows. */
static size_t find_rows(struct page *pages, size_t count, size_t rows, size_t page_size)
{
	size_t i, j, found = 0;

	for (i = 0; i + IN_A_ROW <= count && found < rows;) {
		for (j = 0; j < IN_A_ROW && pages[i + j].physical == pages[i].physical + j * page_size; j++)
			;
		if (j < IN_A_ROW || pages[i].physical % (IN_A_ROW * page_size) != 0) {
			i++;
			continue;
		}
		for (j = 0; j < IN_A_ROW; j++)
			pages[found * IN_A_ROW + j] = pages[i + j];
		found++;
		i += IN_A_ROW;
	}
	return found;
}

static bool move_rows(const struct page *pages, char *where, size_t rows, size_t page_size)
{
	size_t row, i;

	for (row = 0; row < rows; row++) {
		const struct page *from = pages + row * STRIDE % rows * IN_A_ROW;
		char *to = where + row * IN_A_ROW * page_size;

		for (i = 0; i < IN_A_ROW; i++)
			if (mremap(from[i].at, page_size, page_size, MREMAP_MAYMOVE | MREMAP_FIXED,
				   to + i * page_size) == MAP_FAILED)
				return false;
	}
	return true;
}

bool scatter_pages(char *where, size_t rows, size_t page_size, physical_fn *physical)
{
	size_t count = rows * IN_A_ROW * PLENTY, i;
	struct page *pages = calloc(count, sizeof(*pages));
	char *pool = mmap(NULL, count * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool good = pages && pool != MAP_FAILED;

	if (good) {
		madvise(pool, count * page_size, MADV_NOHUGEPAGE);
		for (i = 0; i < count; i++) {
			pages[i].at = pool + i * page_size;
			*(volatile char *)pages[i].at = 1;
			pages[i].physical = physical((uint64_t)(uintptr_t)pages[i].at);
		}
		qsort(pages, count, sizeof(*pages), by_address);
		good = find_rows(pages, count, rows, page_size) == rows &&
		       move_rows(pages, where, rows, page_size);
	}
	/* Holes where pages have gone do not matter. */
	if (pool != MAP_FAILED)
		munmap(pool, count * page_size);
	free(pages);
	return good;
}
