/*
 * journal_internal: the sizes of the format's parts, and their checksums.
 */
#ifndef OCTAVO_JOURNAL_INTERNAL_H
#define OCTAVO_JOURNAL_INTERNAL_H

#include "crc32c.h"
#include "journal.h"

enum {
	JOURNAL_VERSION = 2,
	JOURNAL_KIND_BACKUP = 3,	/* extents, and a copy for a backup */
	JOURNAL_VERSION_FIRST = 1,
	JOURNAL_FIXED = 94,	/* of a header, up to the name */
	JOURNAL_HEADER_MAXIMUM = JOURNAL_FIXED + JOURNAL_NAME_MAXIMUM + 2
				 + PATH_MAX + 4,
	JOURNAL_EXTENT_HEAD = 20,
	JOURNAL_TRAILER = 32,
};

#define JOURNAL_MAGIC "OVJRNL01"
#define JOURNAL_COMMIT_MAGIC "OVCOMMIT"

/* HEAD is the extent's head, FIELDS of its bytes stand before the checksum. */
static inline uint32_t journal_extent_crc(const unsigned char *head,
					  size_t fields,
					  const struct journal_extent *extent)
{
	uint32_t crc = crc32c(0, head, fields);

	crc = crc32c(crc, extent->old_bytes, extent->old_length);
	return crc32c(crc, extent->new_bytes, extent->new_length);
}

static inline uint32_t journal_longer(const struct journal_extent *extent)
{
	return extent->old_length > extent->new_length ? extent->old_length
						       : extent->new_length;
}

#endif
