/*
 * sizes: every constant that decides where a boundary lies.
 *
 * Tests are built a second time with OCTAVO_TINY, so that a few bytes of
 * data cross all of them.
 */
#ifndef OCTAVO_SIZES_H
#define OCTAVO_SIZES_H

#ifdef OCTAVO_TINY
enum {
	FILE_GENERATED_MAXIMUM = 64 << 10,
	IO_BEHIND = (1 << 20) / 512,
	MAPPING_GRANULE = 4096,		/* no less than a page */
	MAPPING_RUNS_MAXIMUM = 16,
	MAPPING_LARGE_PAGE = 4 * 4096,
	MAPPING_BAD_MAXIMUM = 4,
	FILE_SMALL = 8,
	MAPPING_GROWTH_MIB = 1,
	MAPPING_GROWTH_SMALL_MIB = 1,
	MAPPING_FLOW_MIB = 1,
	STORE_BLOCK = 32,
	PIECES_LEAF = 4,
	PIECES_INNER = 6,
	DOCUMENT_GRANULE_MAXIMUM = 16,
	DOCUMENT_PRIVATE_MAXIMUM = 6 * 4096,
	DOCUMENT_KEEP_MAXIMUM = 8,
	DOCUMENT_REPEAT_MINIMUM = 16,
	DOCUMENT_REPEAT_PERIOD = 8,
	DOCUMENT_PERIOD_MAXIMUM = 64,
	DOCUMENT_GUARDED_MAXIMUM = 2,
	CONFLICTS_MAXIMUM = 16,
	CONFLICT_BLOCK = 64,
	SEARCH_CHUNK_MINIMUM = 64,
	SEARCH_CHUNK_USUAL = 256,
	SEARCH_SHARES = 8,
	SEARCH_WINDOW = 32,
	SEARCH_COPY = 64,
	LINES_COPY = 24,
	SEARCH_RESULT = 64,
	SEARCH_TEXT_PART = 16,
	SEARCH_HERE = 256,
	SEARCH_KEPT = 3,
	SEARCH_AHEAD = 8,
	SEARCH_AHEAD_BYTES = 64,
	SEARCH_LAST_EXACT = 4096,
	SURVEY_BYTES = 100,
	SURVEY_PAGE = 8,
	STRETCH_BYTES = 32,
	STRETCHES_MAXIMUM = 64,
	LINE_FILTER_FEW = 2,
	LINE_FILTER_STEP = 16,
	LINE_FILTER_REACH = 48,
	LINE_FILTER_SCREEN = 3,
	LINE_FILTER_NEAR = 2,
	LINE_FILTER_MARK = 3,
	LINE_FILTER_MESSAGE = 16 << 20,
	SEARCH_HOLE = 64,
	SEARCH_SPARSE_CHUNKS = 8,
	SEARCH_STRETCH = 64,
	SEARCH_READ_AHEAD = 256,
	FILTER_TILE_SIZE = 64,
	VIEW_WALK = 64,
	TIMESTAMP_PROBE = 512,
	TIMESTAMP_NEAR = 128,
	TEXT_LINE_MAXIMUM = 64,
	TEXT_LINE_LOOK = 256,
	TRANSFORM_BLOCK = 16,
	TRANSFORM_CHUNK = 64,
	TRANSFORM_AT_ONCE = 128,
	SAVE_BLOCK = 16,
	SAVE_SHORT = 4,
	SAVE_AT_ONCE = 100,
	SAVE_SHARED_AT_ONCE = 16 << 10,
	SAVE_EARLY = 32,
	SAVE_EXTENT = 64,
	SAVE_LARGE_PAGE = 128,
	SAVE_LET_GO = 2,
	SAVE_BESIDE = 4 << 10,
	SAVE_IN_PLACE_MAXIMUM = 12 << 20,
	SAVE_IN_PLACE_SMALL = 1 << 20,
	SAVE_TAIL_SHARE = 4,
	LOG_CHUNK = 48,
	LOG_KNOWN_MAXIMUM = 24,
	LOG_VERBATIM_MAXIMUM = 64 << 10,
	LOG_WHOLE_MAXIMUM = 64,
	LOG_FLUSH_RANGES = 3,
	LOG_FLUSH_BYTES = 64,
	LOG_SYNC_EDITS = 4,
	LOG_SLOTS = 4,
	PATCH_BLOCK = 128,
	PATCH_SCANNED = 4096,
	PATCH_LISTED = 128,
	PATCH_DIGESTED = 1024,
	PATCH_EXPANDED_MAXIMUM = 256 << 10,
};
#else
enum {
	/* Bytes read of a file that the system makes up (/proc). */
	FILE_GENERATED_MAXIMUM = 64 << 20,
	/* Blocks of 512 bytes that it takes a while to give back. */
	IO_BEHIND = (64 << 20) / 512,
	/* One private granule over the mapping, in bytes: two kernel mappings
	 * each at worst, of 65,530 that a process may have. */
	MAPPING_GRANULE = 64 << 10,
	/* Files from this length on are mapped where the kernel can use pages
	 * of it: bringing them in takes a tenth of the time. */
	MAPPING_LARGE_PAGE = 2 << 20,
	/* Separate private runs in all mappings of the process: each splits
	 * the kernel's mappings once more, and some must be left for malloc
	 * and for patching what was truncated. */
	MAPPING_RUNS_MAXIMUM = 30000,
	/* Separate unreadable places that one mapping tells apart. */
	MAPPING_BAD_MAXIMUM = 256,
	/* Up to here the end of a file is read to see what it is. */
	FILE_SMALL = 64 << 10,
	/* Addresses kept behind a file for what it may grow by. */
	MAPPING_GROWTH_MIB = 16 << 10,
	/* ... behind a small one, of which there may be thousands in a row: to
	 * give addresses back takes the system longer, the more they are. */
	MAPPING_GROWTH_SMALL_MIB = 1 << 10,
	/* ... and behind what comes through a pipe, which cannot be opened
	 * again: more than any disk that takes it. */
	MAPPING_FLOW_MIB = 4 << 20,
	/* The smallest block of the store that holds typed bytes. */
	STORE_BLOCK = 64 << 10,
	/* Pieces in a leaf of the tree and children of an inner node: 1 KiB
	 * either way.  Stretches up to a leaf's worth are arrays. */
	PIECES_LEAF = 42,
	PIECES_INNER = 36,
	/* Overwrites up to this length go to private granules; longer ones
	 * become pieces over the store. */
	DOCUMENT_GRANULE_MAXIMUM = 1 << 20,
	/* Bytes in private granules, up to which a document takes new ones:
	 * many overwrites far from each other must not copy the file. */
	DOCUMENT_PRIVATE_MAXIMUM = 64 << 20,
	/* Deleted bytes up to this length are copied at a flush, for undo;
	 * longer ones hold the old file. */
	DOCUMENT_KEEP_MAXIMUM = 4 << 10,
	/* Fills from this length on become a repeated piece. */
	DOCUMENT_REPEAT_MINIMUM = 1 << 20,
	/* The period of such a piece is this or more: a run of bytes ends
	 * with it. */
	DOCUMENT_REPEAT_PERIOD = 64 << 10,
	/* And this at most, or else it is many pieces. */
	DOCUMENT_PERIOD_MAXIMUM = 1 << 28,
	/* Granules that one edit makes private only to know what it has taken
	 * out of the file. */
	DOCUMENT_GUARDED_MAXIMUM = 16,
	/* Conflicts with other writers that are listed; and bytes that are
	 * read at once to find them. */
	CONFLICTS_MAXIMUM = 1 << 16,
	CONFLICT_BLOCK = 16 << 10,
	/* The smallest chunk of a search that one worker claims at a time. */
	SEARCH_CHUNK_MINIMUM = 1 << 20,
	/* The longest chunk where all of the range is looked at, unless the
	 * range is so large that there would be too many. */
	SEARCH_CHUNK_USUAL = 16 << 20,
	/* Chunks for each core, at least. */
	SEARCH_SHARES = 64,
	/* Bytes gathered around a seam between pieces; doubled as needed. */
	SEARCH_WINDOW = 256 << 10,
	/* Bytes that are read at once: less than a processor's cache holds. */
	SEARCH_COPY = 512 << 10,
	/* The same for who only counts newlines. */
	LINES_COPY = 256 << 10,
	/* Bytes of a worker's result buffer. */
	SEARCH_RESULT = 64 << 10,
	/* Bytes of a line that are handed on together. */
	SEARCH_TEXT_PART = 1 << 20,
	/* Up to here a search of one file of many takes less than a fork. */
	SEARCH_HERE = 256 << 10,
	/* Matches of a chunk that a worker remembers while it does not know
	 * yet where the pass comes in from the chunk before: enough to get
	 * into step; and all of them, where they are asked for. */
	SEARCH_KEPT = 64,
	SEARCH_AHEAD = 32 << 10,
	/* ... and at most about so many bytes that they become. */
	SEARCH_AHEAD_BYTES = 4 << 20,
	/* Up to here the match before is looked for from the start. */
	SEARCH_LAST_EXACT = 64 << 20,
	/* Bytes of packed matches that are kept; behind them they are counted
	 * only.  And matches that are unpacked at a time, many more than a
	 * screen has rows. */
	SURVEY_BYTES = 64 << 20,
	SURVEY_PAGE = 4096,
	/* Bytes of a stretch of the document, for which lines are counted: in
	 * a tenth of a millisecond. */
	STRETCH_BYTES = 1 << 20,
	/* So many stretches at most, 2.5 MiB; of longer ones if need be. */
	STRETCHES_MAXIMUM = 1 << 16,
	/* Lines of a stretch that are looked at one by one, rather than all
	 * of it in a pass. */
	LINE_FILTER_FEW = 512,
	/* Bytes of a line behind its stretch that are looked at together. */
	LINE_FILTER_STEP = 1 << 20,
	/* How far from a line its context may begin, in bytes: they are walked
	 * over for each answer. */
	LINE_FILTER_REACH = 4 << 20,
	/* Lines that are more than a screen: then there is time for the rest.
	 * And stretches from the first that are looked at soon. */
	LINE_FILTER_SCREEN = 512,
	LINE_FILTER_NEAR = 8,
	/* Lines of a stretch that are walked over at most to get to one. */
	LINE_FILTER_MARK = 1024,
	/* Bytes that a worker sends of a stretch, at most; more would take a
	 * document of 100 GiB in lines of a byte. */
	LINE_FILTER_MESSAGE = 16 << 20,
	/* Holes from this length on are passed over, where that is possible;
	 * and so often one is looked for. */
	SEARCH_HOLE = 1 << 20,
	/* Chunks of a search that passes over nearly everything. */
	SEARCH_SPARSE_CHUNKS = 1024,
	/* Bytes that are searched in one way before another may be better. */
	SEARCH_STRETCH = 512 << 10,
	/* More than the system brings in ahead of who reads. */
	SEARCH_READ_AHEAD = 32 << 20,
	/* Bytes of which bitmaps are made at once; a multiple of 64. */
	FILTER_TILE_SIZE = 4 << 10,
	/* Rows that the cursor or the window goes one by one, folds and all;
	 * more than the highest screen has. */
	VIEW_WALK = 1024,
	/* Bytes in which the next line with a time is looked for, and around a
	 * place the nearest. */
	TIMESTAMP_PROBE = 1 << 20,
	TIMESTAMP_NEAR = 64 << 10,
	/* Bytes of a line that are laid out together; an even number.  And so
	 * far its start is looked for. */
	TEXT_LINE_MAXIMUM = 64 << 10,
	TEXT_LINE_LOOK = 4 << 20,
	/* Bytes of a range that are transformed together, a multiple of 8; and
	 * that a worker claims at a time. */
	TRANSFORM_BLOCK = 64 << 10,
	TRANSFORM_CHUNK = 1 << 20,
	/* Up to so many bytes nobody has to wait for workers. */
	TRANSFORM_AT_ONCE = 1 << 20,
	/* Bytes read or written at once. */
	SAVE_BLOCK = 1 << 20,
	/* Runs shorter than this are gathered into such a block. */
	SAVE_SHORT = 16 << 10,
	/* Bytes copied from file to file at once: between two of these a flush
	 * can be stopped. */
	SAVE_AT_ONCE = 16 << 20,
	/* Bytes shared with another file at once; a multiple of any block. */
	SAVE_SHARED_AT_ONCE = 1 << 30,
	/* So many bytes of a new file are begun to be written out together,
	 * before the sync. */
	SAVE_EARLY = 8 << 20,
	/* Longest extent of a journal. */
	SAVE_EXTENT = 1 << 20,
	/* What systems keep of a file in one page at most, and how many ranges
	 * of bytes are worth bringing such pages anew. */
	SAVE_LARGE_PAGE = 2 << 20,
	SAVE_LET_GO = 8,
	/* From so many bytes to write and to read back on, or where it isn't
	 * known, a flush is made beside the screen. */
	SAVE_BESIDE = 8 << 20,
	/* A flush in place writes, with its journal, no more than this where
	 * there is another way: undo needs the old bytes, which then are in
	 * memory alone. */
	SAVE_IN_PLACE_MAXIMUM = 768 << 20,
	/* One that leaves the length as it is asks for no other way up to
	 * this. */
	SAVE_IN_PLACE_SMALL = 64 << 20,
	/* One that does not is taken if it writes no more than one part in so
	 * many of what a new file takes. */
	SAVE_TAIL_SHARE = 4,
	/* Bytes of a record's content in the session log: an edit that needs
	 * no more goes out in one write. */
	LOG_CHUNK = 64 << 10,
	/* Bytes that an edit takes away are kept in the log up to this, and
	 * checksums of file bytes that it refers to: only where all are there
	 * can it be made in a file that has changed. */
	LOG_KNOWN_MAXIMUM = 1 << 20,
	/* New bytes of an edit that the log takes; with more it says that it
	 * does not protect them. */
	LOG_VERBATIM_MAXIMUM = 1 << 30,
	/* A run of new bytes up to that long is read from the log as one; more
	 * of them come record by record. */
	LOG_WHOLE_MAXIMUM = 1 << 20,
	/* By how many ranges and bytes a flush is known again. */
	LOG_FLUSH_RANGES = 1024,
	LOG_FLUSH_BYTES = 1 << 20,
	/* The log is synced after that many edits at the latest. */
	LOG_SYNC_EDITS = 64,
	/* Logs of one file. */
	LOG_SLOTS = 16,
	/* Bytes of a patch, or for one, that are handled at once: from 96
	 * on, and not more than this. */
	PATCH_BLOCK = 64 << 10,
	/* Bytes of the document that are looked at and then let go of. */
	PATCH_SCANNED = 1 << 20,
	/* Old bytes of a change that a patch lists; of more than that only the
	 * first and the last. */
	PATCH_LISTED = 4 << 10,
	/* Up to here the others are read for a checksum of them. */
	PATCH_DIGESTED = 64 << 20,
	/* What a patch may make beyond its own size, in memory. */
	PATCH_EXPANDED_MAXIMUM = 1 << 30,
};
#endif

#endif
