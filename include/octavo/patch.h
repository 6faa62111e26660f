/*
 * patch: the unsaved changes of a document as bytes of their own, and such
 * bytes applied to another copy of the file.
 *
 * Three formats, told apart by how they begin:
 *
 *   text  Octavo's own, for people and for `git diff`; below.  Offsets of 64
 *         bits, checks the old bytes.
 *   IPS   "PATCH": the first 16 MiB, and has no old bytes.  It can only
 *         overwrite, so bytes that an insertion or deletion has shifted are
 *         overwritten one and all.
 *   BPS   "BPS1": any change, with a CRC-32 of the whole file, of the whole
 *         result and of the patch.  Needs zlib.
 *
 * The text is ASCII, the same for the same changes:
 *
 *   octavo patch 1
 *   # firmware.bin
 *   size 2097152
 *
 *   @ 0x1f40 -4 +4
 *   - 74 05 e8 10                                      # |t...|
 *   + 90 90 e8 10                                      # |....|
 *
 *   @ 0x2000 -0 +2
 *   + 0d 0a                                            # |..|
 *   = 65 6e 64 00 00 00 00 00                          # |end.....|
 *
 *   @ 0x8000 -1048576 +0
 *   - repeat 1048576 ff
 *
 *   end 1048578
 *
 * What is read is a bit more than what is written:
 *
 *   patch  = "octavo patch 1" "size" COUNT change... "end" COUNT
 *   change = "@" OFFSET "-" COUNT "+" COUNT line...
 *   line   = "-" run | "+" run | "=" run
 *   run    = HH...                            these bytes
 *          | "repeat" COUNT HH...             COUNT bytes: these over and over
 *          | "omitted" COUNT ["crc32c" CRC]   COUNT bytes, not after "+"
 *
 *   - A line for each "octavo", "size", "@", run and "end", in that order.
 *     `#` begins a comment, up to the end of its line.  Blanks part words; they
 *     may be missing behind the sign and between bytes.  Empty lines and a CR
 *     at the end of a line mean nothing.
 *   - "size" is the length of the file that the patch is for, "end" that of
 *     the result; with it the patch is known to be whole.
 *   - OFFSET is where the change begins in that file, COUNT how many bytes are
 *     removed there (-) and put in their place (+).  Changes ascend and do not
 *     overlap.  Both numbers are decimal, or hexadecimal with 0x.
 *   - The bytes of the "-" lines, one after the other, are what is removed,
 *     those of the "+" lines what is put in, however the lines are mixed.  The
 *     "=" lines are what follows the removed bytes in the file and stays.
 *   - HH is a byte, two hex digits; 64 of them at most are repeated.  "omitted"
 *     stands for old bytes that are too many to list, CRC for their checksum
 *     (CRC-32C, 8 hex digits).  Where there is none they are not checked.
 */
#ifndef OCTAVO_PATCH_H
#define OCTAVO_PATCH_H

#include "octavo/document.h"

enum patch_format {
	PATCH_TEXT,
	PATCH_IPS,
	PATCH_BPS,
};

/* "text", "IPS", "BPS". */
const char *patch_format_name(enum patch_format format);
/* By the ending of PATH, ".ips" or ".bps"; else text. */
enum patch_format patch_format_of(const char *path);
/* Why this program can neither write nor apply FORMAT, or NULL. */
const char *patch_format_missing(enum patch_format format);

/* Takes the next LENGTH bytes of the patch. */
typedef bool patch_sink(void *context, const void *bytes, size_t length,
			struct error *error);

/*
 * Hands the unsaved changes of DOCUMENT to PUT, in order.  The old bytes are
 * read from its file, which must be as the document knows it.  Fails where
 * there is no change, where the format cannot say it (the message says what
 * and why), where bytes are lost, and where PUT does; some may have been put
 * by then.
 */
bool patch_write(const struct document *document, enum patch_format format,
		 patch_sink *put, void *context, struct error *error);

/* What was applied. */
struct patch_report {
	enum patch_format format;
	uint64_t changes;
	/* Nothing told what the old bytes should be; or some of them. */
	bool unchecked;
	/* Where the document has changed, and how long that is now. */
	struct range touched;
	uint64_t length;
};

/*
 * Applies the SIZE BYTES of the patch NAME to DOCUMENT as it is, its unsaved
 * changes included, as one step.  Whatever does not fit (a damaged patch,
 * other bytes than the patch expects, more new bytes than memory is given to)
 * is an error that names the patch and the offset in it, and the document is
 * as it was.  The bytes may come from anybody: what they make is bounded by
 * their own number and PATCH_EXPANDED_MAXIMUM.
 */
bool patch_apply(struct document *document, const char *name,
		 const unsigned char *bytes, uint64_t size,
		 struct patch_report *report, struct error *error);

#endif
