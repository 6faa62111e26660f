/* recovery: what was left is told from what only looks so, and the file
 * becomes whole. */
#include "recovery_left.h"

/* --- what a journal says --- */

static void test_recovery_nothing(void **state)
{
	(void)state;
	put_text("file", old_text);
	assert_state(RECOVERY_NONE, "");
	assert_not_done(RECOVERY_FINISH, false, "no flush was interrupted");
	assert_not_cleared();
}

static void test_recovery_cut_off(void **state)
{
	static const char *const mixed[] = {
		"0AB3456789abcdef", "0123456789abcCDf", "0A23456789abcdDf",
	};

	(void)state;
	for (size_t i = 0; i < sizeof mixed / sizeof *mixed; i++) {
		leave_journal(mixed[i]);
		assert_state(RECOVERY_CUT_OFF, "of 2 parts old");
		assert_not_cleared();
		assert_done(RECOVERY_FINISH, false);
		assert_text("file", new_text);
		leave_journal(mixed[i]);
		assert_done(RECOVERY_UNDO, false);
		assert_text("file", old_text);
	}
	leave_journal(mixed[2]);
	assert_state(RECOVERY_CUT_OFF, "0 of 2 parts old, 0 new, 2 torn");
}

static void test_recovery_not_begun(void **state)
{
	(void)state;
	leave_journal(old_text);
	assert_state(RECOVERY_NOT_BEGUN, "before it wrote anything");
	assert_not_cleared();
	assert_done(RECOVERY_UNDO, false);
	assert_text("file", old_text);
	leave_journal(old_text);
	assert_done(RECOVERY_FINISH, false);
	assert_text("file", new_text);
}

static void test_recovery_finished(void **state)
{
	(void)state;
	leave_journal(new_text);
	assert_state(RECOVERY_FINISHED, "all was written");
	assert_cleared();
	assert_text("file", new_text);
	leave_journal(new_text);
	assert_done(RECOVERY_UNDO, false);
	assert_text("file", old_text);
}

static void test_recovery_changed_since(void **state)
{
	(void)state;
	leave_journal("0AB3456789abcdXf");
	assert_state(RECOVERY_CHANGED, "0xe is neither old nor new");
	assert_not_cleared();
	assert_not_done(RECOVERY_FINISH, false, "recover finish!");
	assert_not_done(RECOVERY_UNDO, false, "recover undo!");
	assert_text("file", "0AB3456789abcdXf");
	assert_done(RECOVERY_UNDO, true);
	assert_text("file", old_text);
	leave_journal("0AB3456789abcdXf");
	assert_done(RECOVERY_FINISH, true);
	assert_text("file", new_text);
}

/* Another file has the name, though it has the bytes. */
static void test_recovery_other_inode(void **state)
{
	(void)state;
	leave_journal(new_text);
	put_text("other", new_text);
	assert_int_equal(rename(in_folder("other"), in_folder("file")), 0);
	assert_state(RECOVERY_CHANGED, "another file");
	assert_not_cleared();
}

static int keeps_nothing(int fd, bool *keeps)
{
	(void)fd;
	*keeps = false;
	return 0;
}

static int fchmod_refused(int fd, mode_t mode)
{
	(void)fd, (void)mode;
	errno = EPERM;
	return -1;
}

/* Where numbers are others after the next mount, as on vfat, it may be the
 * same file; its bytes say so. */
static void test_recovery_numbers_that_pass(void **state)
{
	struct io real = io;

	(void)state;
	leave_journal("0AB3456789abcdef");
	put_text("other", "0AB3456789abcdef");
	assert_int_equal(rename(in_folder("other"), in_folder("file")), 0);
	assert_state(RECOVERY_CHANGED, "another file");
	io.keeps_status = keeps_nothing;
	assert_state(RECOVERY_CUT_OFF, "1 of 2 parts old");
	assert_done(RECOVERY_FINISH, false);
	assert_text("file", new_text);
	leave_journal("0AB3456789abcXef");
	assert_state(RECOVERY_CHANGED, "neither old nor new");
	io = real;
}

static void test_recovery_never_begun(void **state)
{
	(void)state;
	for (off_t size = 0; size < 190; size += 7) {
		leave_journal(old_text);
		assert_int_equal(truncate(in_folder(".file.ovj"), size), 0);
		assert_state(RECOVERY_NEVER_BEGUN, "before it changed");
		assert_not_done(RECOVERY_FINISH, false, "before it changed");
		assert_cleared();
		assert_text("file", old_text);
	}
	leave_journal(old_text);
	assert_int_equal(truncate(in_folder(".file.ovj"), 150), 0);
	assert_done(RECOVERY_UNDO, false);
}

/* Zeros may be a journal that never got to the disk, or anything. */
static void test_recovery_zeros(void **state)
{
	static const char zeros[50];

	(void)state;
	leave_journal(old_text);
	overwrite(".file.ovj", 0, zeros, sizeof zeros);
	assert_int_equal(truncate(in_folder(".file.ovj"), 50), 0);
	assert_state(RECOVERY_NEVER_BEGUN, "");
	assert_not_cleared();
	assert_done(RECOVERY_UNDO, false);
}

/* A journal that is wrong in its middle: the file says whether it counts. */
static void test_recovery_damaged(void **state)
{
	(void)state;
	leave_journal(old_text);
	overwrite(".file.ovj", 130, "!", 1);
	assert_state(RECOVERY_NEVER_BEGUN, "before it changed");
	assert_cleared();
	leave_journal(old_text);
	overwrite(".file.ovj", 130, "!", 1);
	overwrite("file", 1, "A", 1);
	assert_state(RECOVERY_UNREADABLE, "damaged before byte");
	assert_not_cleared();
	assert_not_done(RECOVERY_FINISH, true, "damaged before byte");
	assert_not_done(RECOVERY_UNDO, true, "damaged before byte");
	assert_done(RECOVERY_IGNORE, false);
	assert_true(is_there(".file.ovj.kept"));
}

/* --- other lengths --- */

struct tail {
	const char *old_text;
	const char *new_text;
	struct patch changes[2];
	const char *between[4];
};

static void try_tail(const struct tail *tail, const char *content,
		     enum recovery_action action)
{
	put_text("file", content);
	struct journal_header header = header_of("file",
						 strlen(tail->old_text),
						 strlen(tail->new_text));
	put_journal(".file.ovj", &header, tail->changes, 2);
	assert_int_equal(find().state,
			 strcmp(content, tail->old_text) == 0
			 ? RECOVERY_NOT_BEGUN
			 : strcmp(content, tail->new_text) == 0
			 ? RECOVERY_FINISHED : RECOVERY_CUT_OFF);
	assert_done(action, false);
	assert_text("file", action == RECOVERY_FINISH ? tail->new_text
						      : tail->old_text);
}

static void test_recovery_tails(void **state)
{
	static const struct tail tails[] = {
		{ "0123456789", "01XX45abcd6789",
		  { { 2, "23", "XX" }, { 6, "6789", "abcd6789" } },
		  { "01XX456789", "01XX45abcd", "01X345ab89", "01XX45abcd67" },
		},
		{ "0123456789", "01XX789",
		  { { 2, "2345", "XX78" }, { 6, "6789", "9" } },
		  { "01XX456789", "01XX789789", "01XX7897", "01XX789789" },
		},
	};

	(void)state;
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		for (int j = 0; j < 4; j++) {
			try_tail(&tails[i], tails[i].between[j],
				 RECOVERY_FINISH);
			try_tail(&tails[i], tails[i].between[j],
				 RECOVERY_UNDO);
		}
		try_tail(&tails[i], tails[i].old_text, RECOVERY_UNDO);
		try_tail(&tails[i], tails[i].old_text, RECOVERY_FINISH);
		try_tail(&tails[i], tails[i].new_text, RECOVERY_UNDO);
		try_tail(&tails[i], tails[i].new_text, RECOVERY_FINISH);
	}
}

/* Where a file was growing a power cut may leave zeros. */
static void test_recovery_tail_zeros(void **state)
{
	static const struct patch changes[] = { { 8, "89", "xx89" } };

	(void)state;
	put_text("file", "0123456789");
	struct journal_header header = header_of("file", 10, 12);
	put_journal(".file.ovj", &header, changes, 1);
	assert_int_equal(truncate(in_folder("file"), 12), 0);
	assert_state(RECOVERY_CUT_OFF, "1 torn");
	overwrite("file", 10, "?", 1);
	assert_state(RECOVERY_CHANGED, "0xa");
	assert_int_equal(truncate(in_folder("file"), 13), 0);
	assert_state(RECOVERY_STRANGER, "another length");
}

/* --- content --- */

static void test_recovery_content(void **state)
{
	static const char content[] = "the new bytes.";
	static const char *const between[] = {
		"0123456789", "the new 89", "the new bytes", "the new bytes.",
	};

	(void)state;
	for (size_t i = 0; i < sizeof between / sizeof *between; i++) {
		leave_content(content, between[i]);
		assert_state(i < 3 ? RECOVERY_CUT_OFF : RECOVERY_FINISHED, "");
		assert_not_done(RECOVERY_UNDO, true, "a flush of");
		if (i < 3)
			assert_done(RECOVERY_FINISH, false);
		else
			assert_cleared();
		assert_text("file", content);
		assert_false(is_there(".file.ovn"));
		assert_int_equal(count_entries(), 1);
	}
}

static void test_recovery_content_wrong(void **state)
{
	static const char content[] = "the new bytes.";

	(void)state;
	leave_content(content, "0123456789");
	overwrite(".file.ovn", 3, "!", 1);
	assert_not_done(RECOVERY_FINISH, false, "is damaged");
	assert_text("file", "0123456789");
	assert_int_equal(truncate(in_folder(".file.ovn"), 13), 0);
	assert_state(RECOVERY_STRANGER, "is not the new content");
	assert_int_equal(unlink(in_folder(".file.ovn")), 0);
	assert_state(RECOVERY_UNREADABLE, "is not there");
	assert_not_done(RECOVERY_FINISH, false, "is not there");
	leave_content(content, "0123456789");
	assert_int_equal(chmod(in_folder(".file.ovn"), 0620), 0);
	assert_not_done(RECOVERY_FINISH, true, "is not the new content");
	assert_done(RECOVERY_IGNORE, false);
	assert_true(is_there(".file.ovj.kept"));
	assert_true(is_there(".file.ovn.kept"));
}

/* A content whose journal was never completed goes with it. */
static void test_recovery_content_unbegun(void **state)
{
	(void)state;
	leave_content("the new bytes.", "0123456789");
	assert_int_equal(truncate(in_folder(".file.ovj"), 120), 0);
	assert_cleared();
	assert_int_equal(count_entries(), 1);
	/* But not what may be another one's. */
	leave_content("the new bytes.", "0123456789");
	assert_int_equal(truncate(in_folder(".file.ovj"), 20), 0);
	struct document *document = open_document();
	assert_true(recovery_clear(document, NULL));
	assert_true(is_there(".file.ovn"));
	assert_int_equal(recovery_find(document).state, RECOVERY_ONE_OF_TWO);
	document_close(document);
}

static struct io first_unlink_real;
static int unlinks;

static int first_unlink_only(int at, const char *name, int flags)
{
	errno = EIO;
	return unlinks++ ? -1 : first_unlink_real.unlinkat(at, name, flags);
}

/* The content first: alone nobody would know what it is. */
static void test_recovery_content_before_journal(void **state)
{
	(void)state;
	leave_content("the new bytes.", "0123456789");
	assert_int_equal(truncate(in_folder(".file.ovj"), 120), 0);
	struct document *document = open_document();
	first_unlink_real = io;
	unlinks = 0;
	io.unlinkat = first_unlink_only;
	assert_false(recovery_clear(document, NULL));
	io = first_unlink_real;
	document_close(document);
	assert_true(unlinks > 1);
	assert_true(find().clear);
	assert_cleared();
	assert_int_equal(count_entries(), 1);
}

/* --- strangers --- */

static void test_recovery_strangers(void **state)
{
	(void)state;
	leave_journal("0AB3456789abcdef");
	assert_int_equal(chmod(in_folder(".file.ovj"), 0660), 0);
	assert_state(RECOVERY_STRANGER, "is open to others");
	assert_not_done(RECOVERY_FINISH, true, "is open to others");
	assert_not_cleared();
	assert_int_equal(chmod(in_folder(".file.ovj"), 0600), 0);
	assert_state(RECOVERY_CUT_OFF, "");
	assert_int_equal(link(in_folder(".file.ovj"), in_folder("link")), 0);
	assert_state(RECOVERY_STRANGER, "several names");
	assert_int_equal(unlink(in_folder(".file.ovj")), 0);
	assert_int_equal(symlink("link", in_folder(".file.ovj")), 0);
	assert_state(RECOVERY_STRANGER, "a symbolic link");
	assert_not_done(RECOVERY_UNDO, true, "a symbolic link");
	assert_int_equal(unlink(in_folder(".file.ovj")), 0);
	assert_int_equal(mkdir(in_folder(".file.ovj"), 0700), 0);
	assert_state(RECOVERY_STRANGER, "");
	assert_int_equal(rmdir(in_folder(".file.ovj")), 0);
	assert_int_equal(mkfifo(in_folder(".file.ovj"), 0600), 0);
	assert_state(RECOVERY_STRANGER, "not a regular file");
	assert_not_done(RECOVERY_UNDO, true, "not a regular file");
	assert_text("file", "0AB3456789abcdef");
	assert_done(RECOVERY_IGNORE, false);
	assert_true(is_there(".file.ovj.kept"));
}

static void test_recovery_owner(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	leave_journal("0AB3456789abcdef");
	assert_int_equal(chown(in_folder(".file.ovj"), 12345, 0), 0);
	assert_state(RECOVERY_STRANGER, "belongs to somebody else");
	assert_not_done(RECOVERY_FINISH, true, "belongs to somebody else");
	assert_not_cleared();
}

/* Where all files have one owner, as on vfat, those who can write the file are
 * those who can have left something beside it. */
static void test_recovery_owner_of_both(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	leave_journal("0AB3456789abcdef");
	assert_int_equal(chown(in_folder(".file.ovj"), 12345, 0), 0);
	assert_int_equal(chown(in_folder("file"), 12345, 0), 0);
	assert_done(RECOVERY_UNDO, false);
	assert_text("file", old_text);
}

static void chmod_both(mode_t file, mode_t journal)
{
	assert_int_equal(chmod(in_folder("file"), file), 0);
	assert_int_equal(chmod(in_folder(".file.ovj"), journal), 0);
}

/* As there, modes are the same too.  Elsewhere the file's mode is no measure:
 * the group's bits may be those of an access list, and a file of one's own that
 * others can read may have come from them. */
static void test_recovery_as_open_as_file(void **state)
{
	struct io real = io;

	(void)state;
	leave_journal("0AB3456789abcdef");
	chmod_both(0660, 0660);
	assert_state(RECOVERY_STRANGER, "is open to others");
	chmod_both(0644, 0644);
	assert_not_done(RECOVERY_FINISH, true, "is open to others");
	io.keeps_status = keeps_nothing;
	chmod_both(0600, 0755);
	assert_state(RECOVERY_CUT_OFF, "");
	chmod_both(0660, 0666);
	assert_state(RECOVERY_STRANGER, "is open to others");
	chmod_both(0602, 0622);
	assert_state(RECOVERY_STRANGER, "is open to others");
	chmod_both(0666, 0660);
	assert_state(RECOVERY_CUT_OFF, "");
	chmod_both(0777, 0777);
	/* What had been guessed is not so. */
	assert_not_done(RECOVERY_FINISH, true, "is open to others");
	assert_text("file", "0AB3456789abcdef");
	assert_state(RECOVERY_CUT_OFF, "");
	io.fchmod = fchmod_refused;
	assert_done(RECOVERY_FINISH, false);
	assert_text("file", new_text);
	io = real;
}

/* Who is in the group of the one need not be in that of the other. */
static void test_recovery_other_group(void **state)
{
	struct io real = io;

	(void)state;
	if (geteuid() != 0)
		skip();
	io.keeps_status = keeps_nothing;
	leave_journal("0AB3456789abcdef");
	assert_int_equal(chown(in_folder(".file.ovj"), 0, 12345), 0);
	chmod_both(0660, 0660);
	assert_state(RECOVERY_STRANGER, "is open to others");
	chmod_both(0606, 0606);
	assert_state(RECOVERY_STRANGER, "is open to others");
	chmod_both(0660, 0600);
	assert_state(RECOVERY_CUT_OFF, "");
	chmod_both(0666, 0660);
	assert_state(RECOVERY_CUT_OFF, "");
	io = real;
}

static void move(const char *from, const char *to)
{
	assert_int_equal(rename(in_folder(from), in_folder(to)), 0);
}

static struct io swap_real;

/* "file" is another one while it is judged, and only then. */
static int openat_swapping(int at, const char *name, int flags, mode_t mode)
{
	if (strcmp(name, "file") != 0)
		return swap_real.openat(at, name, flags, mode);
	io = swap_real;
	move("file", "mine");
	move("theirs", "file");
	int fd = io.openat(at, name, flags, mode);
	move("file", "theirs");
	move("mine", "file");
	return fd;
}

static void test_recovery_judged_by_another(void **state)
{
	struct error error = ERROR_NONE;
	char done[RECOVERY_WORDS];

	(void)state;
	leave_journal("0AB3456789abcdef");
	move("file", "theirs");
	put_text("file", "my content, mine");
	struct document *document = open_document();
	swap_real = io;
	io.openat = openat_swapping;
	assert_false(recovery_do(document, RECOVERY_FINISH, false, done,
				 &error));
	io = swap_real;
	document_close(document);
	assert_non_null(strstr(error.message, "another file has taken its "
			       "place"));
	assert_text("file", "my content, mine");
}

static void test_recovery_about_another(void **state)
{
	(void)state;
	put_text("file", old_text);
	struct journal_header header = header_of("life", 16, 16);
	put_journal(".file.ovj", &header, same_length, 2);
	assert_state(RECOVERY_STRANGER, "another name");
	assert_not_done(RECOVERY_FINISH, true, "another name");
	/* One that is not complete neither. */
	assert_int_equal(truncate(in_folder(".file.ovj"), 150), 0);
	assert_state(RECOVERY_STRANGER, "another name");
	assert_not_cleared();
	leave_journal(old_text);
	assert_int_equal(truncate(in_folder("file"), 15), 0);
	assert_state(RECOVERY_STRANGER, "another length");
	assert_int_equal(unlink(in_folder("file")), 0);
	assert_state(RECOVERY_STRANGER, "not there");
	put_text("file", old_text);
	put_text(".file.ovj", "my own notes");
	assert_state(RECOVERY_STRANGER, "not a journal");
	assert_not_cleared();
}

static void test_recovery_busy(void **state)
{
	(void)state;
	leave_journal("0AB3456789abcdef");
	int other = open(in_folder("file"), O_RDWR);
	assert_int_equal(io.lock(other), 0);
	assert_state(RECOVERY_BUSY, "another octavo");
	assert_not_done(RECOVERY_FINISH, true, "another octavo");
	assert_not_done(RECOVERY_IGNORE, true, "another octavo");
	close(other);
	assert_done(RECOVERY_FINISH, false);
}

static void test_recovery_kept_names(void **state)
{
	(void)state;
	leave_journal("0AB3456789abcdef");
	assert_done(RECOVERY_IGNORE, false);
	leave_journal("0AB3456789abcdef");
	assert_done(RECOVERY_IGNORE, false);
	assert_true(is_there(".file.ovj.kept"));
	assert_true(is_there(".file.ovj.kept-2"));
	assert_text("file", "0AB3456789abcdef");
}

/* Others hold one of what is left, and not the file. */
static int probes_left, probe_error;

static int late_probe(int fd)
{
	(void)fd;
	errno = probe_error;
	return probes_left-- == 0 ? -1 : 0;
}

static void test_recovery_busy_with_one(void **state)
{
	struct io real = io;

	(void)state;
	leave_content("the new bytes.", "0123456789");
	io.lock_probe = late_probe;
	for (int n = 0; n < 6; n++) {
		probes_left = n / 2;
		probe_error = n % 2 ? EACCES : EAGAIN;
		assert_state(RECOVERY_BUSY, "another octavo");
	}
	io = real;
}

/* Somebody does it between looking and locking. */
static int overtaking_lock(int fd)
{
	(void)fd;
	unlink(in_folder(".file.ovj"));
	return 0;
}

static int replacing_lock(int fd)
{
	(void)fd;
	errno = EAGAIN;
	return -1;
}

static void test_recovery_overtaken(void **state)
{
	struct io real = io;

	(void)state;
	leave_journal("0AB3456789abcdef");
	io.lock = overtaking_lock;
	assert_not_done(RECOVERY_FINISH, false, "has just done it");
	assert_text("file", "0AB3456789abcdef");
	leave_journal("0AB3456789abcdef");
	io.lock = replacing_lock;
	assert_not_done(RECOVERY_FINISH, false, "another octavo");
	io = real;
}

static void test_recovery_kept_too_often(void **state)
{
	char name[32] = ".file.ovj.kept";

	(void)state;
	leave_journal("0AB3456789abcdef");
	for (int i = 2; i <= 1000; i++) {
		put_text(name, "");
		snprintf(name, sizeof name, ".file.ovj.kept-%d", i);
	}
	assert_not_done(RECOVERY_IGNORE, false, "has been kept too often");
	assert_true(is_there(".file.ovj"));
}

/* What lies beside a journal that was not complete goes with it only if it is
 * what that says. */
static void test_recovery_unbegun_with_another(void **state)
{
	(void)state;
	leave_journal(old_text);
	assert_int_equal(truncate(in_folder(".file.ovj"), 150), 0);
	put_text(".file.ovn", "not of it");
	assert_done_partly(RECOVERY_UNDO);
	assert_true(is_there(".file.ovn"));
	assert_int_equal(unlink(in_folder(".file.ovn")), 0);
	leave_content("the new bytes.", "0123456789");
	assert_int_equal(truncate(in_folder(".file.ovj"), 120), 0);
	put_text(".file.ovn", "of another length than it says");
	assert_done_partly(RECOVERY_UNDO);
	assert_true(is_there(".file.ovn"));
}

/* The new content must be ours alone, and all of it. */
static void test_recovery_content_of_others(void **state)
{
	(void)state;
	leave_content("the new bytes.", "0123456789");
	assert_int_equal(chmod(in_folder(".file.ovn"), 0602), 0);
	assert_state(RECOVERY_STRANGER, "is not the new content");
	assert_int_equal(chmod(in_folder(".file.ovn"), 0600), 0);
	assert_int_equal(link(in_folder(".file.ovn"), in_folder("more")), 0);
	assert_state(RECOVERY_STRANGER, "is not the new content");
	assert_int_equal(unlink(in_folder("more")), 0);
	put_text(".file.ovn", "short");
	assert_state(RECOVERY_STRANGER, "is not the new content");
}

/* A journal that is damaged is of no use, unless the file is untouched. */
static void test_recovery_damaged_untouched(void **state)
{
	const struct timespec times[2] = { { 5, 0 }, { 5, 7 } };

	(void)state;
	leave_journal(old_text);
	overwrite(".file.ovj", 130, "??????", 6);
	struct recovery before = find();
	assert_int_not_equal(before.state, RECOVERY_NONE);
	put_text("file", "0123456789abcdefg");
	assert_int_not_equal(find().state, RECOVERY_NEVER_BEGUN);
	put_text("file", old_text);
	assert_int_equal(utimensat(AT_FDCWD, in_folder("file"), times, 0), 0);
	assert_int_not_equal(find().state, RECOVERY_NEVER_BEGUN);
	/* Another file under the name. */
	put_text("other", old_text);
	assert_int_equal(rename(in_folder("other"), in_folder("file")), 0);
	assert_int_not_equal(find().state, RECOVERY_NEVER_BEGUN);
}

/* --- in the user's state --- */

static void test_recovery_in_state(void **state)
{
	(void)state;
	make_state();
	put_text("file", "0AB3456789abcdef");
	struct journal_header header = header_of("file", 16, 16);
	strcpy(header.path, in_folder("file"));
	put_journal(state_name(".ovj"), &header, same_length, 2);
	assert_state(RECOVERY_CUT_OFF, "of 2 parts old");
	assert_non_null(strstr(find().left, "state/octavo/journals/"));
	assert_done(RECOVERY_FINISH, false);
	assert_text("file", new_text);
	put_text(state_name(".ovn"), "half of the new conte");
	assert_cleared();
	assert_false(is_there(state_name(".ovn")));
	/* What lies beside the file comes first. */
	put_journal(state_name(".ovj"), &header, same_length, 2);
	leave_journal("0AB3456789abcdef");
	assert_non_null(strstr(find().left, "/.file.ovj"));
}

/* The numbers that name it are others after a start of the machine. */
static void test_recovery_by_path(void **state)
{
	(void)state;
	make_state();
	put_text("file", "0AB3456789abcdef");
	struct journal_header header = header_of("file", 16, 16);
	strcpy(header.path, in_folder("file"));
	put_journal("state/octavo/journals/0123456789abcdef.ovj", &header,
		    same_length, 2);
	put_text("state/octavo/journals/notes", "not a journal");
	put_text("state/octavo/journals/1.ovj", "nor this");
	assert_state(RECOVERY_CUT_OFF, "of 2 parts");
	assert_int_equal(chmod(in_folder("state/octavo/journals/"
					 "0123456789abcdef.ovj"), 0666), 0);
	assert_state(RECOVERY_STRANGER, "is open to others");
	assert_int_equal(chmod(in_folder("state/octavo/journals/"
					 "0123456789abcdef.ovj"), 0600), 0);
	assert_done(RECOVERY_UNDO, false);
	assert_text("file", old_text);
	assert_true(is_there("state/octavo/journals/notes"));
	strcpy(header.path, "/somewhere/else/file");
	put_journal("state/octavo/journals/0123456789abcdef.ovj", &header,
		    same_length, 2);
	assert_state(RECOVERY_NONE, "");
}

static char *no_realpath(const char *path, char *resolved)
{
	(void)path, (void)resolved;
	errno = EIO;
	return NULL;
}

static DIR *no_fdopendir(int fd)
{
	(void)fd;
	errno = ENOMEM;
	return NULL;
}

static struct io openat_real;

static int no_list_openat(int at, const char *name, int flags, mode_t mode)
{
	errno = EIO;
	return strcmp(name, ".") == 0 ? -1
		: openat_real.openat(at, name, flags, mode);
}

/* Where the folder of journals cannot be looked through, nothing is found. */
static void test_recovery_by_path_fails(void **state)
{
	struct io real = openat_real = io;

	(void)state;
	make_state();
	put_text("file", "0AB3456789abcdef");
	struct journal_header header = header_of("file", 16, 16);
	strcpy(header.path, in_folder("file"));
	put_journal("state/octavo/journals/0123456789abcdef.ovj", &header,
		    same_length, 2);
	put_text("state/octavo/journals/abc", "short");
	assert_int_equal(symlink("abc", in_folder("state/octavo/journals/"
						  "link.ovj")), 0);
	io.realpath = no_realpath;
	assert_state(RECOVERY_NONE, "");
	io = real;
	io.fdopendir = no_fdopendir;
	assert_state(RECOVERY_NONE, "");
	io = real;
	io.openat = no_list_openat;
	assert_state(RECOVERY_NONE, "");
	io = real;
	assert_state(RECOVERY_CUT_OFF, "of 2 parts");
	assert_int_equal(chmod(in_folder("state/octavo/journals"), 0755), 0);
	assert_int_not_equal(find().state, RECOVERY_FINISHED);
}

/* What a journal must not say of the name and the path. */
static void test_recovery_journal_says_nonsense(void **state)
{
	static const char *const names[] = { ".", "..", "file" };
	static const char *const paths[] = {
		"file", "/file/", "/other", "/some/file", "x/file",
	};

	(void)state;
	put_text("file", "0AB3456789abcdef");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct journal_header header = header_of(names[i], 16, 16);

		put_journal(".file.ovj", &header, same_length, 2);
		assert_int_equal(find().state == RECOVERY_CUT_OFF, i == 2);
	}
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct journal_header header = header_of("file", 16, 16);

		strcpy(header.path, paths[i]);
		put_journal(".file.ovj", &header, same_length, 2);
		assert_int_not_equal(find().state, RECOVERY_NONE);
	}
}

/* Of what is no file on a disk nothing is left. */
static void test_recovery_of_no_files(void **state)
{
	static const char *const paths[] = {
		"/proc/self/status", "/dev/zero",
	};

	(void)state;
	file_allow_characters();
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct file *file = file_open(paths[i], NULL, NULL, NULL);
		struct document *document = file ? document_open(file, NULL)
						 : NULL;

		if (!document)
			continue;
		assert_int_equal(recovery_find(document).state, RECOVERY_NONE);
		document_close(document);
	}
}

/* A device has no length of its own, and is another file each time. */
static void test_recovery_of_device(void **state)
{
	(void)state;
	make_state();
	put_text("file", "0AB3456789abcdef");
	struct journal_header header = header_of("file", 16, 16);
	header.identity.inode++;
	strcpy(header.path, in_folder("file"));
	put_journal(state_name(".ovj"), &header, same_length, 2);
	assert_state(RECOVERY_CHANGED, "another file");
	device_begin(in_folder("file"));
	assert_state(RECOVERY_CUT_OFF, "of 2 parts");
	assert_done(RECOVERY_FINISH, false);
	device_end();
	assert_text("file", new_text);
}

static void test_recovery_content_in_state(void **state)
{
	(void)state;
	make_state();
	put_text("file", "0123456789");
	struct journal_header header = header_of("file", 10, 3);
	header.kind = JOURNAL_CONTENT;
	header.content_crc = crc32c(0, "new", 3);
	strcpy(header.path, in_folder("file"));
	put_text(state_name(".ovn"), "new");
	put_journal(state_name(".ovj"), &header, NULL, 0);
	assert_state(RECOVERY_CUT_OFF, "copied the new content");
	assert_done(RECOVERY_FINISH, false);
	assert_text("file", "new");
	assert_false(is_there(state_name(".ovn")));
}

/* --- a file that was being replaced --- */

static void leave_exchanged(void)
{
	put_text(".file.ovn", "new: 0123456789abcdef");
	assert_int_equal(io.exchange(AT_FDCWD, in_folder("file"),
				     in_folder(".file.ovn")), 0);
}

static void test_recovery_not_replaced(void **state)
{
	(void)state;
	put_text("file", old_text);
	leave_log();
	put_text(".file.ovn", "new: 0123");
	assert_state(RECOVERY_NOT_REPLACED, "before the new file");
	assert_not_cleared();
	assert_not_done(RECOVERY_FINISH, true, "complete or not");
	assert_done(RECOVERY_UNDO, false);
	assert_text("file", old_text);
	/* A new file has no old one. */
	assert_int_equal(unlink(in_folder("file")), 0);
	put_text(".file.ovn", "some of it");
	assert_state(RECOVERY_NOT_REPLACED, "");
}

static void test_recovery_was_replaced(void **state)
{
	struct file_identity identity;

	(void)state;
	for (int i = 0; i < 2; i++) {
		enum recovery_action action = i ? RECOVERY_UNDO
						: RECOVERY_FINISH;

		put_text("file", old_text);
		leave_log();
		leave_exchanged();
		assert_state(RECOVERY_WAS_REPLACED, "is the old one");
		assert_not_cleared();
		assert_done(action, false);
		assert_text("file", i ? old_text : "new: 0123456789abcdef");
		assert_false(is_there(".file.ovn"));
	}
	struct document *document = open_document();
	assert_true(log_knows(document, &identity));
	assert_int_equal(identity.size, sizeof old_text - 1);
	document_close(document);
}

/* Edits that were made after the flush, over what it had left, say nothing of
 * it: they know the new file. */
static void test_recovery_edited_since(void **state)
{
	(void)state;
	put_text("file", old_text);
	leave_exchanged();
	leave_log_of(false);
	assert_state(RECOVERY_ONE_OF_TWO, "the one before or");
	empty_folder(NULL);
	put_text("file", old_text);
	leave_log();
	leave_exchanged();
	leave_log_of(false);
	assert_state(RECOVERY_WAS_REPLACED, "is the old one");
	assert_done(RECOVERY_UNDO, false);
	assert_text("file", old_text);
}

/* A number may be another file's by now, of the same length. */
static void test_recovery_number_given_again(void **state)
{
	(void)state;
	put_text("file", old_text);
	leave_log();
	leave_exchanged();
	put_text(".file.ovn", "0000000000000000");
	assert_state(RECOVERY_ONE_OF_TWO, "the one before or");
	assert_not_done(RECOVERY_UNDO, true, "the one before or");
	assert_text("file", "new: 0123456789abcdef");
}

/* Nobody knows which one it is: nothing is done by guess. */
static void test_recovery_one_of_two(void **state)
{
	(void)state;
	put_text("file", old_text);
	put_text(".file.ovn", "some bytes");
	assert_state(RECOVERY_ONE_OF_TWO, "(10 bytes)");
	assert_not_cleared();
	assert_not_done(RECOVERY_FINISH, true, "the one before or");
	assert_not_done(RECOVERY_UNDO, true, "the one before or");
	assert_done(RECOVERY_IGNORE, false);
	assert_text(".file.ovn.kept", "some bytes");
	assert_int_equal(symlink("file", in_folder(".file.ovn")), 0);
	assert_state(RECOVERY_STRANGER, "symbolic link");
}

/* A new file that has its name already: one of the two goes. */
static void test_recovery_second_name(void **state)
{
	(void)state;
	put_text("file", old_text);
	assert_int_equal(link(in_folder("file"), in_folder(".file.ovn")), 0);
	assert_state(RECOVERY_FINISHED, "");
	assert_cleared();
	assert_text("file", old_text);
}

/* And a copy of it, which is left of one that was rewritten from it. */
static void test_recovery_copy(void **state)
{
	(void)state;
	put_text("file", old_text);
	put_text(".file.ovn", old_text);
	assert_state(RECOVERY_FINISHED, "");
	assert_cleared();
	assert_text("file", old_text);
	put_text(".file.ovn", "0123456789abcdeX");
	assert_state(RECOVERY_ONE_OF_TWO, "");
}

/* --- a backup that has not got its name --- */

static void leave_spare(mode_t mode, mode_t file_mode)
{
	put_text("file", old_text);
	put_text(".file.ovb", "0123");
	assert_int_equal(chmod(in_folder("file"), file_mode), 0);
	assert_int_equal(chmod(in_folder(".file.ovb"), mode), 0);
}

static void test_recovery_spare(void **state)
{
	static const mode_t modes[] = { 0600, 0400, 0644, 0664 };

	(void)state;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		leave_spare(modes[i], 0644);
		assert_state(RECOVERY_NEVER_BEGUN, "while it made a backup");
		assert_non_null(strstr(find().left, "/.file.ovb"));
		assert_not_done(RECOVERY_FINISH, true, "made a backup");
		assert_cleared();
		assert_false(is_there(".file.ovb"));
		assert_text("file", old_text);
	}
	leave_spare(0600, 0600);
	assert_done(RECOVERY_UNDO, false);
	assert_text("file", old_text);
	leave_spare(0600, 0600);
	assert_done(RECOVERY_IGNORE, false);
	assert_text(".file.ovb.kept", "0123");
}

static int no_unlinkat(int at, const char *name, int flags)
{
	(void)at, (void)name, (void)flags;
	errno = EIO;
	return -1;
}

/* Of the file nothing is said that it is not. */
static void test_recovery_spare_stays(void **state)
{
	struct io real = io;
	struct error error = ERROR_NONE;

	(void)state;
	leave_spare(0600, 0600);
	struct document *document = open_document();
	io.unlinkat = no_unlinkat;
	assert_false(recovery_clear(document, &error));
	io = real;
	document_close(document);
	assert_non_null(strstr(error.message, "file is as it was, but "));
	assert_cleared();
}

static void assert_no_ones(void)
{
	assert_state(RECOVERY_NONE, "");
	assert_false(find().may[RECOVERY_IGNORE]);
	assert_not_cleared();
	assert_int_equal(access(in_folder(".file.ovb"), F_OK), 0);
	assert_int_equal(unlink(in_folder(".file.ovb")), 0);
}

static int no_spare(int at, const char *name, int flags, mode_t mode)
{
	if (strcmp(name, ".file.ovb") != 0)
		return whole.openat(at, name, flags, mode);
	errno = EACCES;
	return -1;
}

/* What is not ours is in nobody's way, and stays. */
static void test_recovery_spare_strangers(void **state)
{
	(void)state;
	leave_spare(0644, 0644);
	assert_int_equal(link(in_folder(".file.ovb"), in_folder("link")), 0);
	assert_no_ones();
	assert_int_equal(symlink("file", in_folder(".file.ovb")), 0);
	assert_no_ones();
	assert_int_equal(mkfifo(in_folder(".file.ovb"), 0644), 0);
	assert_no_ones();
	leave_spare(0600, 0600);
	io.openat = no_spare;
	assert_no_ones();
	io = whole;
	if (geteuid() != 0)
		return;
	leave_spare(0644, 0644);
	assert_int_equal(chown(in_folder(".file.ovb"), 12345, 0), 0);
	assert_no_ones();
}

/* A journal that says so, a whole copy, and an older backup. */
static void leave_unnamed_backup(const char *copy, bool said)
{
	struct journal_header header;

	empty_folder(NULL);
	put_text("file", old_text);
	header = header_of("file", 16, 16);
	header.backup = said;
	put_journal(".file.ovj", &header, same_length, 2);
	put_text(".file.ovb", copy);
	put_text("file~", "older");
	assert_state(RECOVERY_NOT_BEGUN, "");
}

/* Cut off between the copy and its name: who finishes gives it that, also if
 * the file is another one by now. */
static void test_recovery_spare_gets_its_name(void **state)
{
	(void)state;
	leave_unnamed_backup(old_text, true);
	assert_done(RECOVERY_FINISH, false);
	assert_text("file", new_text);
	assert_text("file~", old_text);
	assert_false(is_there(".file.ovb"));
	leave_unnamed_backup(old_text, true);
	put_text("file", "0123456789abcdeX");
	assert_done(RECOVERY_FINISH, true);
	assert_text("file~", old_text);
	leave_unnamed_backup(old_text, true);
	assert_done_partly(RECOVERY_UNDO);
	assert_cleared();
	assert_text("file~", "older");
	assert_false(is_there(".file.ovb"));
}

/* One that is no whole copy of this flush does not. */
static void test_recovery_spare_of_another(void **state)
{
	(void)state;
	leave_unnamed_backup(old_text, false);
	assert_done_partly(RECOVERY_FINISH);
	assert_text("file~", "older");
	leave_unnamed_backup("0123", true);
	assert_done_partly(RECOVERY_FINISH);
	assert_text("file~", "older");
	if (geteuid() != 0)
		return;
	leave_unnamed_backup(old_text, true);
	assert_int_equal(chown(in_folder(".file.ovb"), 12345, 0), 0);
	assert_done(RECOVERY_FINISH, false);
	assert_text("file~", "older");
	assert_true(is_there(".file.ovb"));
}

/* Whoever has the lock on the file is making it. */
static void test_recovery_spare_busy(void **state)
{
	(void)state;
	leave_spare(0600, 0600);
	int other = open(in_folder("file"), O_RDWR);
	assert_int_equal(io.lock(other), 0);
	assert_state(RECOVERY_BUSY, "another octavo");
	assert_not_cleared();
	close(other);
	assert_cleared();
}

/* What says something of the file comes first, wherever that lies. */
static void test_recovery_spare_is_last(void **state)
{
	(void)state;
	make_state();
	leave_spare(0600, 0600);
	struct journal_header header = header_of("file", 16, 16);
	strcpy(header.path, in_folder("file"));
	put_journal(state_name(".ovj"), &header, same_length, 2);
	assert_state(RECOVERY_NOT_BEGUN, "");
	assert_done_partly(RECOVERY_FINISH);
	assert_cleared();
	assert_text("file", new_text);
	leave_journal(old_text);
	put_text(".file.ovb", "0123");
	assert_state(RECOVERY_NOT_BEGUN, "");
	assert_done_partly(RECOVERY_UNDO);
	assert_cleared();
}

/* Without a file it may be all that there is. */
static void test_recovery_spare_without_file(void **state)
{
	(void)state;
	leave_spare(0600, 0600);
	struct document *document = open_document();
	assert_int_equal(unlink(in_folder("file")), 0);
	assert_int_equal(recovery_find(document).state, RECOVERY_NONE);
	document_close(document);
	assert_true(is_there(".file.ovb"));
}

/* --- somebody else at work --- */

static int no_locks(int fd)
{
	(void)fd;
	errno = ENOLCK;
	return -1;
}

/* Where nobody can tell a flush that is going on, nothing goes by itself. */
static void test_recovery_without_locks(void **state)
{
	struct io real = io;

	(void)state;
	leave_journal(old_text);
	assert_int_equal(truncate(in_folder(".file.ovj"), 150), 0);
	io.lock_probe = io.lock = no_locks;
	assert_state(RECOVERY_NEVER_BEGUN, "");
	assert_not_cleared();
	assert_done(RECOVERY_UNDO, false);
	io = real;
	assert_text("file", old_text);
}

static int syncs;

static int sync_and_write(int fd)
{
	(void)fd;
	overwrite("file", 2, "!", 1);
	return 0;
}

static void test_recovery_reads_back(void **state)
{
	struct io real = io;

	(void)state;
	leave_journal("0AB3456789abcdef");
	io.fsync = sync_and_write;
	assert_not_done(RECOVERY_FINISH, false, "another program writes it");
	io = real;
	assert_state(RECOVERY_CHANGED, "0x2");
}

/* The syncs of the journal and its folder, then that of the file. */
static int third_sync_fails(int fd)
{
	(void)fd;
	errno = EIO;
	return ++syncs == 3 ? -1 : 0;
}

static void test_recovery_tries_again(void **state)
{
	struct io real = io;

	(void)state;
	leave_journal("0AB3456789abcdef");
	syncs = 0;
	io.fsync = third_sync_fails;
	assert_done(RECOVERY_FINISH, false);
	io = real;
	assert_true(syncs > 3);
	assert_text("file", new_text);
}

static void test_recovery_actions_by_name(void **state)
{
	enum recovery_action action;
	bool insist;

	(void)state;
	for (int i = 0; i < RECOVERY_ACTIONS; i++) {
		assert_true(recovery_action_parse(
			recovery_action_name((enum recovery_action)i),
			&action, &insist));
		assert_int_equal(action, i);
		assert_false(insist);
	}
	assert_true(recovery_action_parse("undo!", &action, &insist));
	assert_int_equal(action, RECOVERY_UNDO);
	assert_true(insist);
	assert_false(recovery_action_parse("fin", &action, &insist));
	assert_false(recovery_action_parse("undo!!", &action, &insist));
	assert_false(recovery_action_parse("!", &action, &insist));
	assert_false(recovery_action_parse("", &action, &insist));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_recovery_nothing),
		TEST(test_recovery_cut_off),
		TEST(test_recovery_not_begun),
		TEST(test_recovery_finished),
		TEST(test_recovery_changed_since),
		TEST(test_recovery_other_inode),
		TEST(test_recovery_numbers_that_pass),
		TEST(test_recovery_never_begun),
		TEST(test_recovery_zeros),
		TEST(test_recovery_damaged),
		TEST(test_recovery_tails),
		TEST(test_recovery_tail_zeros),
		TEST(test_recovery_content),
		TEST(test_recovery_content_wrong),
		TEST(test_recovery_content_unbegun),
		TEST(test_recovery_content_before_journal),
		TEST(test_recovery_strangers),
		TEST(test_recovery_owner),
		TEST(test_recovery_owner_of_both),
		TEST(test_recovery_as_open_as_file),
		TEST(test_recovery_other_group),
		TEST(test_recovery_judged_by_another),
		TEST(test_recovery_about_another),
		TEST(test_recovery_busy),
		TEST(test_recovery_kept_names),
		TEST(test_recovery_busy_with_one),
		TEST(test_recovery_overtaken),
		TEST(test_recovery_kept_too_often),
		TEST(test_recovery_unbegun_with_another),
		TEST(test_recovery_content_of_others),
		TEST(test_recovery_damaged_untouched),
		TEST(test_recovery_in_state),
		TEST(test_recovery_by_path),
		TEST(test_recovery_by_path_fails),
		TEST(test_recovery_journal_says_nonsense),
		TEST(test_recovery_of_no_files),
		TEST(test_recovery_of_device),
		TEST(test_recovery_content_in_state),
		TEST(test_recovery_not_replaced),
		TEST(test_recovery_was_replaced),
		TEST(test_recovery_edited_since),
		TEST(test_recovery_number_given_again),
		TEST(test_recovery_one_of_two),
		TEST(test_recovery_second_name),
		TEST(test_recovery_copy),
		TEST(test_recovery_spare),
		TEST(test_recovery_spare_stays),
		TEST(test_recovery_spare_strangers),
		TEST(test_recovery_spare_gets_its_name),
		TEST(test_recovery_spare_of_another),
		TEST(test_recovery_spare_busy),
		TEST(test_recovery_spare_is_last),
		TEST(test_recovery_spare_without_file),
		TEST(test_recovery_without_locks),
		TEST(test_recovery_reads_back),
		TEST(test_recovery_tries_again),
		TEST(test_recovery_actions_by_name),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
