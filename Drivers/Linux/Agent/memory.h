/* The memory that clients map, and where each of its pages is in the guest's physical memory. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stdint.h>

enum { MEMORY_PAGES = 2048 };

/* Where the memory begins: aligned to more than any page of an IOMMU. */
#define MEMORY_BASE 0x1000000000ULL

/* What no word of the memory holds: iommu-testdev writes it. */
#define DMA_PATTERN 0x12345678U

struct reply;

struct memory_facts {
	uint64_t page_size;
	uint64_t size;
	unsigned int longest_run;	/* pages in a row in the scattered half */
	bool contiguous;		/* the upper half is one piece, aligned to its size */
};

/* False when there is not enough memory. */
bool memory_init(void);

const struct memory_facts *memory_facts(void);

/*
 * The user address of an offset: false when it does not begin in the memory. A range may run out of it: the kernel
 * then meets the guard behind.
 */
bool memory_address(uint64_t offset, uint64_t *address);

/* Physical address of a byte below the size. */
uint64_t memory_physical(uint64_t offset);

/* Reads the physical address of a page again. True when it has moved. */
bool memory_refresh(uint64_t offset);

/* The word at an offset, which is aligned to 4 bytes. */
uint32_t memory_word(uint64_t offset);

/* Puts back what memory_init put there. */
void memory_restore(uint64_t offset);

/* Finds a page that holds the pattern at the given offset in the page. Its offset, or UINT64_MAX. */
uint64_t memory_find(uint32_t in_page);

/* Puts something else there for a time. */
void memory_set_word(uint64_t offset, uint32_t word);

/* Answers with the physical addresses of runs of pages. */
void memory_show(struct reply *reply);

#endif
