/*
 * patch_internal: what the files of the patch room share: patch.c, and for
 * each format one that writes and one that applies.
 */
#ifndef OCTAVO_PATCH_INTERNAL_H
#define OCTAVO_PATCH_INTERNAL_H

#include "octavo/patch.h"
#include "sizes.h"

/* --- writing --- */

struct patch_writer {
	const struct document *document;
	patch_sink *put;
	void *context;
	struct error *error;
	/* What has been put so far, and its CRC-32 where that is known. */
	uint64_t total;
	uint32_t crc;
	/* Not handed on yet. */
	size_t used;
	unsigned char buffer[PATCH_BLOCK];
};

bool patch_put(struct patch_writer *writer, const void *bytes, size_t length);
bool patch_print(struct patch_writer *writer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool patch_flush(struct patch_writer *writer);

/* SIZE bytes of the file, and of the document; all must be there. */
bool patch_old_bytes(struct patch_writer *writer, uint64_t offset,
		     unsigned char *bytes, size_t size);
bool patch_new_bytes(struct patch_writer *writer, uint64_t offset,
		     unsigned char *bytes, size_t size);

bool patch_text_write(struct patch_writer *writer);
bool patch_ips_write(struct patch_writer *writer);
bool patch_bps_write(struct patch_writer *writer);

/* --- applying --- */

struct patch_reader {
	struct document *document;
	const char *name;
	const unsigned char *bytes;
	uint64_t size;
	struct rewrite *rewrite;
	struct patch_report *report;
	/* Bytes of memory that may still be taken for what the patch does not
	 * hold itself. */
	uint64_t budget;
	struct error *error;
};

/* What is wrong at AT of the patch; false. */
bool patch_fail(struct patch_reader *reader, uint64_t at,
		const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Takes SIZE from the budget. */
bool patch_charge(struct patch_reader *reader, uint64_t at, uint64_t size);
/* Fails where bytes of RANGE of the document are lost. */
bool patch_present(struct patch_reader *reader, struct range range);
/* RANGE of the document becomes BYTES. */
bool patch_replace(struct patch_reader *reader, struct range range,
		   const void *bytes, uint64_t length);
const char *patch_document_name(const struct patch_reader *reader);

bool patch_text_read(struct patch_reader *reader);
bool patch_ips_read(struct patch_reader *reader);
bool patch_bps_read(struct patch_reader *reader);

/* --- which bytes of the source stay (patch_keep.c) --- */

/* A stretch of the result that is one of the source as well. */
struct patch_copy {
	struct range source;
	bool kept;
};

/*
 * COPIES stand as in the result, COUNT of them.  Marks as kept some that
 * ascend in the source, nearly, and are as long as such can be together:
 * the rest of them is what has to be put in anew.  False: no memory.
 */
bool patch_keep(struct patch_copy *copies, size_t count);

#endif
