/*
 * log_take: what a log is made of, taken from a reader.
 *
 * All of them fail with the place in the error; or with reader->torn, where
 * the next record of the content is not there.
 */
#ifndef OCTAVO_LOG_TAKE_H
#define OCTAVO_LOG_TAKE_H

#include "log_format.h"

/* The next record; torn where there is none. */
bool log_record_load(struct log_reader *reader, struct error *error);
/* Does a record stand somewhere behind the place where none does? */
bool log_record_behind(struct log_reader *reader, bool *found,
		       struct error *error);

/* Up to MOST (> 0) bytes of the content that are in one piece, at least one. */
bool log_get_run(struct log_reader *reader, uint64_t most,
		 const unsigned char **bytes, size_t *length,
		 struct error *error);
bool log_get_bytes(struct log_reader *reader, void *bytes, size_t size,
		   struct error *error);
bool log_get_number(struct log_reader *reader, uint64_t *value,
		    struct error *error);
bool log_get_signed(struct log_reader *reader, int64_t *value,
		    struct error *error);
bool log_get_flag(struct log_reader *reader, bool *flag, struct error *error);
bool log_get_text(struct log_reader *reader, char *text, size_t size,
		  struct error *error);
bool log_get_identity(struct log_reader *reader, struct log_identity *identity,
		      struct error *error);
bool log_get_range(struct log_reader *reader, struct range *range,
		   struct error *error);

/* A little-endian number of so many BYTES. */
uint64_t log_get_fixed(const unsigned char *at, int bytes);
/* SIZE bytes of the file at OFFSET; false at its end, or *BROKEN and the
 * error is set. */
bool log_read_at(const struct log_reader *reader, void *bytes, size_t size,
		 uint64_t offset, bool *broken, struct error *error);
/* Makes room for SIZE bytes. */
bool log_reserve(unsigned char **bytes, size_t *capacity, size_t size,
		 struct error *error);

#endif
