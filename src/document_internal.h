/*
 * What the files of the document room share and nobody else needs.
 */
#ifndef OCTAVO_DOCUMENT_INTERNAL_H
#define OCTAVO_DOCUMENT_INTERNAL_H

#include "history.h"
#include "octavo/document.h"
#include "octavo/mapping.h"
#include "pieces.h"
#include "range_set.h"
#include "store.h"

/* A file that was flushed over, with its mapping. */
struct source {
	struct file *file;
	struct mapping *mapping;
};

struct clip {
	struct document *document;
	struct clip *previous, *next;
	struct stretch list;		/* foreign pieces only */
};

/*
 * The history as it will be once the document is flushed, made beforehand
 * because making it can fail.
 */
struct settlement {
	bool ready;
	/* One for each record; without room: the record's stays. */
	struct stretch *lists;
	size_t count;
	/* What private granules will have to hold then. */
	struct swap *patches;
	size_t patch_count;
	struct store store;		/* the patches' bytes */
	struct store_mark mark;		/* of document.slots, before all this */
};

/* What others have done to the file, as found last (document_compare.c,
 * document_outside.c). */
struct outside {
	enum file_state state;
	struct file_identity seen;	/* of the file when it was compared */
	struct file_identity told;	/* and when it was another one last, */
	bool any_told;			/* which followers know of */
	uint64_t revision;		/* of the document then */
	bool compared;
	bool written;		/* bytes in granules were others on disk */
	bool more;		/* there are more conflicts than listed */
	bool paused;
	struct conflict *conflicts;
	size_t count;
	size_t capacity;
	uint64_t changes;	/* in which they lie */
	struct range_set decided;	/* of the file: mine, whatever is there */
};

struct document {
	struct document *previous, *next;	/* of all (document_hold.c) */
	struct file *file;
	struct mapping *mapping;
	struct source *older;
	size_t older_count;
	struct pieces *pieces;
	struct store typed;		/* bytes that pieces show */
	struct store slots;		/* the other bytes of swaps */
	struct range_set shared;	/* of the file: foreign pieces somewhere
					 * refer to it */
	struct history history;
	struct settlement settlement;
	struct clip *clips;
	struct document **held;		/* whose bytes this one refers to */
	size_t held_count;
	struct document **holders;	/* who refers to bytes of this one */
	size_t holder_count;
	bool closed;			/* and kept for its holders alone */
	uint64_t revision;
	unsigned depth;			/* of document_begin */
	bool step_open;			/* the next record belongs to the
					 * step of the last one */
	const char *read_only;
	int64_t time;			/* of the next step; 0: now */
	struct outside outside;
	const struct document_watcher *watcher;
	struct document_follower *followers;
};

/* --- document.c --- */

/* The document has changed. */
void document_touch(struct document *document);
/* Where in the mapping of its file PIECE lies; false where it does not. */
bool document_place(const struct document *document, struct piece piece,
		    uint64_t *offset);
/* Were LENGTH bytes, of whatever mapping of this document, all there?  Asked
 * after they have been read, or it would prove nothing. */
bool document_present(const struct document *document,
		      const unsigned char *bytes, uint64_t length,
		      struct error *error);
/* Copies LENGTH bytes at BYTES, an address of whatever mapping, also of one
 * without memory. */
void document_take(const struct document *document, void *buffer,
		   const unsigned char *bytes, size_t length);
/* Copies bytes, of whatever mapping, to the store for as long as the document
 * lives; fails where they are lost. */
const unsigned char *document_keep(struct document *document,
				   struct store *store,
				   const unsigned char *bytes, uint64_t length,
				   struct error *error);

/* --- document_edit.c --- */

/* An edit in preparation: RANGE becomes the pieces, and granules are swapped.
 * Nothing of the document changes before edit_commit. */
struct edit {
	struct range range;
	struct stretch inserted;
	uint32_t swap_count;	/* in the history, behind those of records */
	struct store_mark typed;
	struct store_mark slots;
};

/* May RANGE become LENGTH bytes? */
bool edit_allowed(const struct document *document, struct range range,
		  uint64_t length, struct error *error);
void edit_begin(struct document *document, struct edit *edit,
		struct range range);
/* Is there a place for every byte of RANGE?  There is none between the regions
 * of a process. */
bool edit_has_place(const struct document *document, struct range range,
		    struct error *error);
/* Adds PIECE. */
bool edit_add(struct document *document, struct edit *edit,
	      struct piece piece);
/* Adds a copy of BYTES as a foreign piece. */
bool edit_type(struct document *document, struct edit *edit,
	       const unsigned char *bytes, uint64_t length);
/* Adds SWAP: bytes of the mapping, all private, become those of its slot. */
bool edit_swap(struct document *document, struct edit *edit, struct swap swap);
/* Adds what becomes of the bytes in the edit's range where they are overwritten
 * with LENGTH others. */
bool edit_overwrite(struct document *document, struct edit *edit,
		    const unsigned char *bytes, uint64_t length);
/* Adds FILE as it is on disk; in document_revert.c. */
bool edit_restore(struct document *document, struct edit *edit,
		  struct range file, struct error *error);
/* Reads FILE from the disk into STORE; NULL where that fails. */
unsigned char *document_fetch(struct document *document, struct store *store,
			      struct range file, struct error *error);
/* Makes it so, or fails for lack of memory with nothing changed. */
bool edit_commit(struct document *document, struct edit *edit,
		 struct error *error);
/* Gives everything back; false. */
bool edit_cancel(struct document *document, struct edit *edit);

/* --- document_hold.c --- */

/* DOCUMENT may refer to bytes of OTHER, and of all that this one refers to,
 * until it is closed; false where there is no memory. */
bool document_hold(struct document *document, struct document *other);
/* Ends that for all of them; closed ones that nobody needs are freed. */
void document_release_held(struct document *document);
/* The mapping that BYTES lie in, of DOCUMENT or of one that it holds; NULL:
 * in none. */
struct mapping *document_mapping_of(const struct document *document,
				    const unsigned char *bytes,
				    uint64_t *offset);
/* How far BYTES lie in MAPPING; false where they do not. */
bool mapping_place(const struct mapping *mapping, const unsigned char *bytes,
		   uint64_t *offset);
/* Puts a new document with all others. */
void document_list(struct document *document);
/* The document after this one (NULL: the first one), closed or not; NULL: none
 * is left. */
struct document *document_next(const struct document *document);
/* Frees a closed document that nobody holds. */
void document_free(struct document *document);

/* --- document_tell.c --- */

/* The time of a step that begins now. */
int64_t document_time(const struct document *document);
/* Tells the watcher of an edit that is about to be committed. */
void document_tell_edit(struct document *document, const struct edit *edit,
			int64_t time_of_step);
/* Goes to a state, and tells of it. */
bool document_tell_go(struct document *document, uint32_t number,
		      struct range *touched, struct error *error);

/* Tells the followers that RANGE has become LENGTH bytes; that any byte may be
 * another one. */
void document_tell_touched(struct document *document, struct range range,
			   uint64_t length);
void document_tell_all(struct document *document);

/* --- document_compare.c --- */

/* Finds the conflicts with what is on disk, and makes what is not edited what
 * is there.  MOVED: the identity of the file is another one. */
void outside_compare(struct document *document, bool moved);
/* No conflict is one any more: what is on disk is what was there. */
void outside_take_disk(struct document *document);
void outside_forget_conflicts(struct outside *outside);
void outside_free(struct outside *outside);

/* --- document_settle.c --- */

/* Prepares the history for a flush; an edit drops that. */
bool settlement_prepare(struct document *document, struct error *error);
/* Adds what a flush in place makes of private granules. */
bool settlement_add_patches(struct document *document, struct error *error);
/* Puts it in place, without the patches. */
void settlement_commit(struct document *document);
void settlement_drop(struct document *document);

#endif
