/* The memory that clients map: the lower half scattered, the upper half one piece of huge pages. */
#include "memory.h"

#include "e1000.h"
#include "files.h"
#include "reply.h"
#include "scatter.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_HUGE_2MB
#define MFD_HUGE_2MB (21U << 26)
#endif

enum {
	HALF = MEMORY_PAGES / 2,
	ROWS = HALF / IN_A_ROW,
	HUGE_SIZE = 2 << 20,
	HUGE_POOL = 8,
	GUARD = 64 << 10,
};

static struct memory_facts facts;
static uint64_t frames[MEMORY_PAGES];	/* physical addresses */
static int pagemap = -1;
static volatile uint32_t *words;

static uint64_t physical_of(uint64_t address)
{
	uint64_t entry = 0;

	if (pread(pagemap, &entry, sizeof(entry), (off_t)(address / facts.page_size * sizeof(entry))) !=
	    sizeof(entry) || !(entry >> 63))
		return UINT64_MAX;
	return (entry & ((1ULL << 55) - 1)) * facts.page_size;
}

static uint32_t first_word(uint64_t offset)
{
	return e1000_word(offset, facts.page_size);
}

static void touch(uint64_t page)
{
	words[page * facts.page_size / 4] = 0;
}

/* Two neighbouring huge pages, the lower one aligned to both. */
static bool map_huge_pair(char *where)
{
	uint64_t physical[HUGE_POOL];
	size_t size = (size_t)HUGE_POOL * HUGE_SIZE;
	unsigned int i, j;
	char *pool;
	int fd;

	write_file("/proc/sys/vm/nr_hugepages", "8");
	fd = memfd_create("memory", MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB);
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return false;
	pool = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (pool == MAP_FAILED)
		return false;
	for (i = 0; i < HUGE_POOL; i++)
		physical[i] = physical_of((uint64_t)(uintptr_t)pool + (uint64_t)i * HUGE_SIZE);
	munmap(pool, size);
	for (i = 0; i < HUGE_POOL; i++) {
		for (j = 0; j < HUGE_POOL; j++) {
			if (physical[i] % (2ULL * HUGE_SIZE) || physical[j] != physical[i] + HUGE_SIZE)
				continue;
			return mmap(where, HUGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
				    (off_t)i * HUGE_SIZE) != MAP_FAILED &&
			       mmap(where + HUGE_SIZE, HUGE_SIZE, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_FIXED, fd, (off_t)j * HUGE_SIZE) != MAP_FAILED;
		}
	}
	return false;
}

static void read_frames(void)
{
	unsigned int i, run = 1;

	for (i = 0; i < MEMORY_PAGES; i++)
		frames[i] = physical_of(MEMORY_BASE + i * facts.page_size);
	facts.longest_run = 1;
	for (i = 1; i < HALF; i++) {
		run = frames[i] == frames[i - 1] + facts.page_size ? run + 1 : 1;
		if (run > facts.longest_run)
			facts.longest_run = run;
	}
	facts.contiguous = frames[HALF] % (HALF * facts.page_size) == 0;
	for (i = HALF + 1; i < MEMORY_PAGES; i++)
		facts.contiguous &= frames[i] == frames[i - 1] + facts.page_size;
}

bool memory_init(void)
{
	uint64_t offset, half;
	char *base = (char *)(uintptr_t)MEMORY_BASE;
	unsigned int i;

	facts.page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	facts.size = facts.page_size * MEMORY_PAGES;
	half = facts.size / 2;
	/* A page that is pinned for a short time only must not move in between. */
	write_file("/proc/sys/vm/compact_unevictable_allowed", "0");
	write_file("/proc/sys/vm/compaction_proactiveness", "0");
	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	/* The guard behind the memory is never there: a range that runs out of the memory meets it. */
	if (pagemap < 0 ||
	    mmap(base, facts.size + GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
		 -1, 0) != base ||
	    mprotect(base, facts.size, PROT_READ | PROT_WRITE) < 0)
		return false;
	madvise(base, facts.size, MADV_NOHUGEPAGE);
	words = (volatile uint32_t *)base;
	if (!scatter_pages(base, ROWS, facts.page_size, physical_of))
		for (i = 0; i < HALF; i++)
			touch(i);
	if (half != 2ULL * HUGE_SIZE || !map_huge_pair(base + half))
		for (i = HALF; i < MEMORY_PAGES; i++)
			touch(i);
	mlock(base, facts.size);
	for (offset = 0; offset < facts.size; offset += 4)
		words[offset / 4] = first_word(offset);
	read_frames();
	return true;
}

const struct memory_facts *memory_facts(void)
{
	return &facts;
}

bool memory_address(uint64_t offset, uint64_t *address)
{
	*address = MEMORY_BASE + offset;
	return offset < facts.size;
}

uint64_t memory_physical(uint64_t offset)
{
	return frames[offset / facts.page_size] + offset % facts.page_size;
}

bool memory_refresh(uint64_t offset)
{
	uint64_t page = offset / facts.page_size;
	uint64_t before = frames[page];

	frames[page] = physical_of(MEMORY_BASE + page * facts.page_size);
	return frames[page] != before;
}

uint32_t memory_word(uint64_t offset)
{
	return words[offset / 4];
}

void memory_restore(uint64_t offset)
{
	words[offset / 4] = first_word(offset);
}

uint64_t memory_find(uint32_t in_page)
{
	uint64_t offset;

	for (offset = in_page; offset < facts.size; offset += facts.page_size)
		if (words[offset / 4] == DMA_PATTERN)
			return offset;
	return UINT64_MAX;
}

void memory_set_word(uint64_t offset, uint32_t word)
{
	words[offset / 4] = word;
}

void memory_show(struct reply *reply)
{
	unsigned int i, count;

	put_status(reply, 0);
	for (i = 0; i < MEMORY_PAGES; i += count) {
		count = 1;
		while (i + count < MEMORY_PAGES && frames[i + count] == frames[i] + count * facts.page_size)
			count++;
		put_char(reply, ' ');
		put_hex(reply, frames[i]);
		put_char(reply, '+');
		put_decimal(reply, count);
	}
}
