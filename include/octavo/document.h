/*
 * document: the file with your edits in it: one array of bytes, whatever it
 * is made of.
 *
 * Nothing here touches the disk; the file is only read, through its mapping.
 * All offsets are document offsets unless they are called file offsets.
 *
 * Undo
 *   One act is one step.  Each editing call is a step of its own, unless it
 *   stands between document_begin and document_end, which make one step of
 *   all calls between them (they nest; a step without an edit leaves no
 *   trace).  Every step leads to a new state; an edit after an undo begins a
 *   branch, and nothing that was undone is ever forgotten: document_go leads
 *   to any state.  Undo and redo work across flushes.  A document is
 *   "modified" when it has a change (see below) that is not on disk: an edit
 *   that was undone, or reverted, leaves none; a byte overwritten by itself
 *   does.
 *
 * Failure
 *   An edit that fails (out of memory, lost bytes, a fixed length, read-only)
 *   leaves the document exactly as it was before that call.
 *
 * Copies
 *   A clip refers to bytes of the file instead of holding them and stays
 *   right whatever is edited afterwards in the document.  Clips must be freed
 *   before their document.
 */
#ifndef OCTAVO_DOCUMENT_H
#define OCTAVO_DOCUMENT_H

#include "octavo/error.h"
#include "octavo/file.h"
#include "octavo/range.h"

struct document;
struct clip;

/* Opens over FILE, which the document owns from then on, also on failure. */
struct document *document_open(struct file *file, struct error *error);
void document_close(struct document *document);

struct file *document_file(const struct document *document);
uint64_t document_size(const struct document *document);
/* The length of the file's content below the edits. */
uint64_t document_file_size(const struct document *document);

/* Changes with every edit, undo, redo and flush, also with one of a document
 * whose bytes this one refers to, never back to an old value: for caches. */
uint64_t document_revision(const struct document *document);

/*
 * The bytes at OFFSET (< size): their address, and in *LENGTH how many follow
 * contiguously, the longest such run.  Valid until the next edit.
 */
const unsigned char *document_span(const struct document *document,
				   uint64_t offset, uint64_t *length);

/* Has the file no place in memory (file_by_blocks)?  Then what document_span
 * gives is a copy, short, and good until it is called again. */
bool document_by_blocks(const struct document *document);
/* Asks anew what there is: of a process, which regions. */
bool document_reread(struct document *document, struct error *error);

/* The same, with how many bytes stand contiguously before OFFSET. */
const unsigned char *document_span_around(const struct document *document,
					  uint64_t offset, uint64_t *before,
					  uint64_t *after);

/* Copies up to SIZE bytes from OFFSET on; fewer only at the end. */
size_t document_read(const struct document *document, uint64_t offset,
		     void *buffer, size_t size);

/* Copies SIZE bytes from OFFSET on by reading the file, where all of them stand
 * there in a row; else, or where it does not give them, false. */
bool document_read_file(const struct document *document, uint64_t offset,
			void *buffer, size_t size);

/* Takes what is unedited in RANGE out of this process's memory until it is
 * read again: for those who pass over a large file once. */
void document_release(const struct document *document, struct range range);

/* The same, and the system keeps none of it either: for what will not be read
 * again soon, and was not in memory before, or is better brought anew. */
void document_discard(const struct document *document, struct range range);

/* The same for those who pass over a large file in parts, RANGE (not empty) one
 * of them: what they alone have brought in of a file that exceeds memory would
 * push out what others have there.  Tell it behind the part what it has said
 * before. */
bool document_pass_begin(const struct document *document, struct range range);
void document_pass_end(const struct document *document, struct range range,
		       bool keep);

/* Is the byte at OFFSET (< size) in memory, and not only on disk?  Yes, where
 * nobody knows. */
bool document_cached(const struct document *document, uint64_t offset);

/* Is the file larger than memory, so that whoever has passed over it finds
 * none of it there the next time? */
bool document_exceeds_memory(const struct document *document);

/* --- edits --- */

/* Why nothing may be edited (option -R, a generated file), or NULL.  The text
 * given to document_set_read_only is kept, not copied. */
const char *document_read_only(const struct document *document);
void document_set_read_only(struct document *document, const char *reason);
/* Is the length fixed (a device, a process)? */
bool document_fixed_length(const struct document *document);

void document_begin(struct document *document);
void document_end(struct document *document);

/* Overwrites at OFFSET (<= size); what goes past the end is appended. */
bool document_overwrite(struct document *document, uint64_t offset,
			const void *bytes, uint64_t length,
			struct error *error);
bool document_insert(struct document *document, uint64_t offset,
		     const void *bytes, uint64_t length, struct error *error);
bool document_delete(struct document *document, struct range range,
		     struct error *error);
/* RANGE becomes PATTERN (LENGTH >= 1 bytes) over and over, cut at the end.
 * A large fill costs no memory in proportion to it. */
bool document_fill(struct document *document, struct range range,
		   const void *pattern, size_t length, struct error *error);
/* RANGE becomes BYTES in one edit, of whatever lengths. */
bool document_replace(struct document *document, struct range range,
		      const void *bytes, uint64_t length, struct error *error);

struct clip *document_copy(struct document *document, struct range range,
			   struct error *error);
/* A clip of bytes from elsewhere (the terminal's clipboard, another
 * document); holds a copy of them. */
struct clip *document_clip(struct document *document, const void *bytes,
			   uint64_t length, struct error *error);
/* A clip of what FROM, a clip of another document, holds: a copy of what is
 * short, else the same bytes.  The other document may be edited, flushed and
 * closed afterwards; what is referred to stays in memory. */
struct clip *document_clip_from(struct document *document,
				const struct clip *from, struct error *error);
uint64_t clip_length(const struct clip *clip);
void clip_free(struct clip *clip);
/* RANGE becomes the clip: an empty RANGE inserts, one of the clip's length
 * pastes over. */
bool document_paste(struct document *document, struct range range,
		    const struct clip *clip, struct error *error);

/*
 * Many replacements at once, from left to right, as one edit: replacing all
 * matches, transforming a range, applying a patch.  Begin, any number of
 * calls, then commit or cancel, which free it; the document must not be
 * edited between.  Costs memory in proportion to what is put in, and nothing
 * of the document changes before the commit, which takes O(log n).
 */
struct rewrite;

struct rewrite *rewrite_begin(struct document *document, struct error *error);
/* RANGE, which begins at or behind the end of the last one, becomes BYTES.
 * Offsets are those of the document as it is, without the rewrite.  On failure
 * the rewrite can only be cancelled. */
bool rewrite_replace(struct rewrite *rewrite, struct range range,
		     const void *bytes, uint64_t length, struct error *error);
/* How many replacements so far. */
uint64_t rewrite_count(const struct rewrite *rewrite);
/* Makes it so; none is no edit.  *TOUCHED (may be NULL) is where the document
 * has changed, *LENGTH how long that is now. */
bool rewrite_commit(struct rewrite *rewrite, struct range *touched,
		    uint64_t *length, struct error *error);
void rewrite_cancel(struct rewrite *rewrite);

/*
 * Every change that touches RANGE (a deletion at its start or inside it
 * included) becomes as on disk again, where the change lies in RANGE; of an
 * overwrite of equal length only the part inside RANGE.  A deletion at the
 * very end belongs to a range that reaches there.  One step that can be
 * undone; none where there is nothing to revert.
 */
bool document_revert(struct document *document, struct range range,
		     struct error *error);
/* The INDEX-th change (see document_change) alone becomes as on disk again,
 * whatever stands beside it. */
bool document_revert_change(struct document *document, uint64_t index,
			    struct error *error);

/* Steps back, or forward to the state that was left last, by one; *TOUCHED is
 * where the document differs now (for the cursor).  Fails with "nothing to
 * undo". */
bool document_undo(struct document *document, struct range *touched,
		   struct error *error);
bool document_redo(struct document *document, struct range *touched,
		   struct error *error);
uint64_t document_undo_steps(const struct document *document);
uint64_t document_redo_steps(const struct document *document);

/* What a step led to, and from where.  State 0 is the document as opened; the
 * others are numbered in the order in which they came to be. */
struct document_state {
	uint64_t number;
	uint64_t parent;	/* the state before it */
	uint64_t next;		/* the state that redo leads to; 0: none */
	int64_t time;		/* seconds since the epoch */
	uint64_t edits;		/* in its step */
	uint64_t offset;	/* of the first of them, and how many bytes */
	uint64_t old_length;	/* became how many there */
	uint64_t new_length;
	bool done;		/* the present state, or on the way to it */
	bool saved;		/* as on disk */
};

uint64_t document_state_count(const struct document *document);
/* The state in which the document is. */
uint64_t document_state_now(const struct document *document);
/* State NUMBER (< count). */
struct document_state document_state(const struct document *document,
				     uint64_t number);
/* To state NUMBER (< count), by undoing and redoing what lies between.  All
 * or nothing. */
bool document_go(struct document *document, uint64_t number,
		 struct range *touched, struct error *error);

/* --- what has changed --- */

enum change_kind {
	CHANGE_OVERWRITE,	/* old and new length are the same */
	CHANGE_INSERT,
	CHANGE_DELETE,
	CHANGE_REPLACE,
};

struct change {
	enum change_kind kind;
	struct range now;	/* in the document; empty for a deletion */
	struct range file;	/* in the file; empty for an insertion */
};

bool document_modified(const struct document *document);
uint64_t document_change_count(const struct document *document);
/* The INDEX-th unsaved change in file order, from 0. */
bool document_change(const struct document *document, uint64_t index,
		     struct change *change);
/* The first change that ends after OFFSET, or deletes at or after it. */
bool document_change_from(const struct document *document, uint64_t offset,
			  struct change *change, uint64_t *index);
/* Copies up to SIZE bytes of the file as on disk, from its OFFSET on; fewer at
 * its end or where they cannot be read. */
size_t document_read_disk(const struct document *document, uint64_t offset,
			  void *buffer, size_t size);
/* The word of the `changes` command. */
const char *change_kind_name(enum change_kind kind);

/* Is the byte at OFFSET lost (see octavo/mapping.h), and for how many bytes
 * from there is the answer the same? */
bool document_lost(const struct document *document, uint64_t offset,
		   uint64_t *length);
/*
 * Is the byte at OFFSET (< size) in a hole: the file's own, not edited, where
 * the file system keeps nothing and zeros are read?  Then *HOLE is how far it
 * goes, both ways; an edit ends it, also one that leaves zeros.  As fresh as
 * the last document_verify.
 */
bool document_hole(const struct document *document, uint64_t offset,
		   struct range *hole);
/* The first hole that ends behind OFFSET, the last one that begins before it.
 * Where there is much data the file system may need a while to tell. */
bool document_hole_from(const struct document *document, uint64_t offset,
			struct range *hole);
bool document_hole_before(const struct document *document, uint64_t offset,
			  struct range *hole);
/* Asks the file what is gone (mapping_verify), and anew where it has holes. */
bool document_verify(const struct document *document);
unsigned document_epoch(const struct document *document);

/*
 * --- other writers ---
 *
 * Bytes that are not edited show what is on disk, whoever wrote it; edits stay
 * whatever happens to the file.  Where another program has written what a
 * change replaces, there is a conflict: the bytes below the change are not what
 * they were when it was made.  That is known of changes that lie in private
 * granules, which most do; of others it is said that it is not known.
 */

/*
 * Looks what others have done to the file since it was opened, flushed, or
 * decided on.  A check is an fstat and a stat; only where they find something
 * new, or THOROUGH, bytes in private granules are compared with the disk, and
 * those that are not edited become what is there.  A file that has only grown
 * is FILE_SAME again: the document has its new bytes behind all others, in
 * every state of it.  Those of a file that was renamed, replaced or removed
 * are taken up likewise.
 */
enum file_state document_outside(struct document *document, bool thorough);
/* PAUSED: it finds what it found last, because it is us who write. */
void document_outside_pause(struct document *document, bool paused);
/* What that found last. */
enum file_state document_outside_state(const struct document *document);

enum { CONFLICT_SHOWN = 16 };

struct conflict {
	struct range now;	/* my bytes, in the document */
	struct range file;	/* theirs, in the file */
	bool known;		/* what was there when the change was made: */
	unsigned char was[CONFLICT_SHOWN];	/* the first of those bytes */
};

/* In file order, as found last.  At most CONFLICTS_MAXIMUM: where there are
 * more, they are found once these are decided. */
size_t document_conflict_count(const struct document *document);
bool document_conflict(const struct document *document, size_t index,
		       struct conflict *conflict);
/* Of how many changes. */
uint64_t document_conflict_changes(const struct document *document);

/* My bytes are to be written over theirs where a conflict touches RANGE. */
bool document_decide_mine(struct document *document, struct range range,
			  struct error *error);
/* My bytes give way to theirs there, as one step that can be undone. */
bool document_decide_theirs(struct document *document, struct range range,
			    struct error *error);
/* Where no conflict is left, and the file has all bytes that it had: what
 * others have made of it is what the document is flushed over.  The functions
 * above do that once they have decided the last conflict. */
bool document_accept(struct document *document, struct error *error);
/* What has happened to the file, in words behind its name. */
const char *document_outside_text(const struct document *document, char *text,
				  size_t size);
/* Which commands decide what becomes of it. */
const char *document_outside_advice(const struct document *document);

/*
 * Makes the unsaved changes of FROM again in TO, a document over another state
 * of the same file that is as on disk: those whose old bytes TO's file has as
 * one step; then the OTHERS as another one, which is undone.  Fails with
 * nothing changed in FROM, and TO to be closed, where a change has no place in
 * TO, or refers to bytes that are lost.
 */
bool document_carry(struct document *from, struct document *to,
		    uint64_t *kept, uint64_t *others, struct error *error);

/* --- for the save room --- */

/* A run of the document that comes from one place. */
struct segment {
	struct range now;		/* in the document */
	const unsigned char *bytes;	/* of the whole run; no memory if it is
					 * in a file that is read by blocks */
	bool in_file;			/* as on disk, at file_offset */
	uint64_t file_offset;
};

/* The segment that begins at OFFSET (< size), as long as it goes. */
struct segment document_segment(const struct document *document,
				uint64_t offset);

/* Where, in RANGE, the first piece with LENGTH bytes or more from there on
 * stands; its end where none does. */
uint64_t document_dense(const struct document *document, struct range range,
			uint64_t length);

/*
 * Before the ranges of the file in RANGES (COUNT of them, ascending) are
 * overwritten on disk: copies into memory whatever undo and clips still
 * refer to there.  The document's own pieces that are in the file at another
 * place than their offset are copied as well.  May fail for lack of memory or
 * because such bytes are lost; the document reads the same afterwards either
 * way.
 */
bool document_detach(struct document *document, const struct range *ranges,
		     size_t count, struct error *error);

/* The document was written in place: it is what the file holds now.  Needs a
 * document_detach that succeeded, and no edit since, unless nothing had to be
 * written: all segments are in the file where they belong. */
void document_written(struct document *document);

/* The same for a document that will lie over another file before they are
 * overwritten: its own pieces stay. */
bool document_detach_past(struct document *document,
			  const struct range *ranges, size_t count,
			  struct error *error);

/*
 * Moves the document over FILE, which holds what the document is: its edits
 * become the file's content.  In two steps, because only the first can fail;
 * no edit may come between.  FILE is owned from the first one on, also when it
 * fails.  Undo still works: the old file stays mapped while it is needed; if
 * that is what will be overwritten, document_detach_past comes first.
 */
struct document_move;

struct document_move *document_move_begin(struct document *document,
					  struct file *file,
					  struct error *error);
void document_move_cancel(struct document_move *move);
void document_move(struct document_move *move);

/* Tells the watcher, after the last move of a flush, that the document was
 * written. */
void document_tell_written(struct document *document);

/*
 * The document was written to FILE, which has taken the old file's place: a
 * move over it, and the watcher is told.
 */
bool document_replaced(struct document *document, struct file *file,
		       struct error *error);

/* --- for the log room: edits told, and made again --- */

/* Where a run of an edit's bytes comes from. */
enum part_kind {
	PART_BYTES,	/* they are at `bytes` */
	PART_DISK,	/* the file's own, where they belong: no change */
	PART_FILE,	/* the file's, from file_offset, standing elsewhere */
	PART_OTHER,	/* another file's, from file_offset: pasted from a
			 * document with that file */
	PART_REPEAT,	/* `period` bytes at `bytes`, over and over, from
			 * their byte `phase` on */
};

struct part {
	enum part_kind kind;
	uint64_t length;
	/* The bytes themselves, in memory, for every kind. */
	const unsigned char *bytes;
	uint64_t file_offset;	/* DISK, FILE and OTHER */
	const char *path;	/* OTHER: which file, and what it was then */
	struct file_identity identity;
	uint32_t period;	/* REPEAT */
	uint32_t phase;
};

/* An edit that is about to be made. */
struct document_edit {
	struct range range;	/* of the document as it still is */
	uint64_t length;	/* of what it becomes */
	uint64_t state;		/* the state that its step leads to */
	bool first;		/* it begins that step */
	int64_t time;		/* of the step */
	const struct edit_source *source;	/* private */
};

typedef bool part_visitor(void *context, const struct part *part);
/* What RANGE becomes, or with OLD what it was, part by part; false where the
 * visitor said so. */
bool document_edit_parts(const struct document *document,
			 const struct document_edit *edit, bool old,
			 part_visitor *visit, void *context);

/*
 * Who is told of everything that happens to a document.  `edit` is called when
 * nothing can fail any more and before the bytes change; `go` likewise, or
 * right after; `written` after a flush, with the document as it goes on.
 */
struct document_watcher {
	void (*edit)(void *context, const struct document *document,
		     const struct document_edit *edit);
	/* The document goes to state NUMBER, which it had before.  True: that
	 * says enough.  False: each edit on the way there is to be told as if
	 * it was a new one, all in one step. */
	bool (*go)(void *context, uint64_t number);
	void (*written)(void *context, const struct document *document);
	void *context;
};

/* One at most; NULL: nobody.  *WATCHER must live as long. */
void document_watch(struct document *document,
		    const struct document_watcher *watcher);

/* Gives the next part; one of length 0 is the end.  False: it failed.  Only
 * BYTES and REPEAT need `bytes`. */
typedef bool part_reader(void *context, struct part *part,
			 struct error *error);

/*
 * Makes an edit as it was told: RANGE becomes the parts that READ gives, whose
 * bytes are copied, also of DISK parts that are out of their order here.
 * Fails, with nothing changed, where they cannot be (file offsets that the
 * file does not have, another file that is not what it was), so they may come
 * from anywhere.  TIME is what the step remembers; 0 is now.
 */
bool document_apply(struct document *document, struct range range,
		    part_reader *read, void *context, int64_t time,
		    struct error *error);

/* --- for those who keep something of each part of it --- */

/*
 * Who is told which bytes are others now.  `touched` is called whenever the
 * bytes have changed, whoever did that: edits, undo, redo, going to a state,
 * reverting, growth, other writers as document_outside finds them.  RANGE of
 * the document as it was has become LENGTH bytes; whatever stands elsewhere is
 * as it was, so all of it is in RANGE where nobody knows.  A flush changes no
 * byte, and is not told; but a worker that was forked before sees what it has
 * written at the old places, so what it finds out is worth nothing once
 * document_revision is another.  It must not edit the document.
 *
 * A file that is longer than it was is taken to have only grown.
 */
struct document_follower {
	void (*touched)(void *context, struct range range, uint64_t length);
	void *context;
	struct document_follower *next;	/* private */
};

/* As many as like; *FOLLOWER must live until it no longer follows, which has
 * to be before the document is closed. */
void document_follow(struct document *document,
		     struct document_follower *follower);
void document_unfollow(struct document *document,
		       struct document_follower *follower);

/* Asserts every invariant of the document and its tree. */
void document_check(const struct document *document);

#endif
