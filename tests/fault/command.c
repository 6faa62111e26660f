/*
 * No memory, a floor higher than tests/fault/memory.c: each editing command is
 * run with its n-th allocation failing, once or from there on, for every n
 * until it no longer fails, whoever asks for the memory: command, editor,
 * document, a worker.  Afterwards the document is what it was before, or what
 * the command makes of it; the step can be undone; nothing leaks.
 */
#include <errno.h>

#include "../unit/session.h"
#include "allocations.h"

/* --- refusing --- */

static bool armed, for_good;
static unsigned countdown;

static bool allocation_fails(void)
{
	if (!armed)
		return false;
	if (countdown > 0) {
		countdown--;
		return false;
	}
	armed = for_good;
	errno = ENOMEM;
	return true;
}

/* --- the commands --- */

/* An example of every command that edits. */
static const char *const lines[] = {
	"30 insert \"some text\"",
	"30 overwrite \"some text\"",
	"30 insert @%s/patch",
	"30 overwrite @%s/patch",
	"10,400 delete",
	"10,400 fill \"ab\"",
	"10,400 cut",
	"30 paste",
	"30 paste o",
	"30 paste-over",
	"% revert",
	"revert 1",
	"undo",
	"undo 3",
	"redo",
	"undo-to 0",
	"apply %s/patch",
	"% replace /([a-m])x?/<$1>/",
	"% replace /[a-m]/y/",
	"10,400 replace {4?} \"four\"",
	"10,400 xor {01 02}",
	"10,400 and {f0}",
	"10,400 or \"a\"",
	"10,400 add u16le:300",
	"10,400 shift -9",
	"10,400 reverse",
	"10,402 swap 4",
	"30 increment 1 u32be",
	"keys i61<Esc>",
	"keys R61<BS><Esc>",
	"keys :replace-ask /[a-m]/y/<Enter>a",
	"% theirs",
	"10,400 mask /[a-m]+/",
};

/* LINE with the session's folder for %s. */
static char *line_for(const struct session *session, const char *line,
		      char text[200])
{
	const char *place = strstr(line, "%s");
	int before = place ? (int)(place - line) : (int)strlen(line);

	snprintf(text, 200, "%.*s%s%s", before, line,
		 place ? session->folder : "", place ? place + 2 : "");
	return text;
}

/* Is there a line for COMMAND, or is it one of those that keys run? */
static bool has_line(const char *name)
{
	if (strncmp(name, "type-", 5) == 0)
		return true;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		const char *line = lines[i];
		const char *space = strchr(line, ' ');
		size_t length = strlen(name);

		if (strncmp(line, "keys :", 6) == 0)
			line += 6;
		else if (strspn(line, "0123456789,%") > 0 && space)
			line = space + 1;
		if (strncmp(line, name, length) == 0
		    && (line[length] == ' ' || !line[length]))
			return true;
	}
	return false;
}

static void test_fault_every_editing_command(void **state)
{
	const struct command *command;

	(void)state;
	for (size_t i = 0; (command = command_at(i)); i++)
		if (command->flags & COMMAND_EDITS && !has_line(command->name))
			fail_msg("no line for %s", command->name);
}

/* --- a session with a bit of everything --- */

static void make_patch(struct session *session)
{
	char line[200];

	session_run(session, "5 insert {01 02 03}");
	session_run(session, "100 overwrite \"patched\"");
	session_run(session, line_for(session, "export patch %s/patch", line));
	session_run(session, "undo 2");
}

/* For `theirs`: another program writes where something was overwritten. */
static void write_outside(const struct session *session, const char *line)
{
	char path[80];
	FILE *file;

	if (!strstr(line, "theirs"))
		return;
	file = fopen(session_path(session, 1, path), "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, 190, SEEK_SET), 0);
	assert_true(fputs("0123456789", file) >= 0);
	assert_int_equal(fclose(file), 0);
	editor_check_files(session->editor);
}

static struct session *open_session(const char *line)
{
	static unsigned char bytes[600];
	void *state = NULL;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 7 + i / 50);
	assert_int_equal(session_setup(&state), 0);

	struct session *session = state;

	session_open(session, bytes, sizeof bytes);
	session_run(session, "0,200 copy o");
	session_open(session, bytes, sizeof bytes);
	make_patch(session);
	session_run(session, "20,60 copy");
	session_run(session, "150 insert \"inserted\"");
	session_run(session, "200 overwrite \"overwritten\"");
	session_run(session, "300,308 delete");
	session_run(session, "100 insert \"undone\"");
	session_run(session, "undo");
	write_outside(session, line);
	return session;
}

static void close_session(struct session *session)
{
	void *state = session;
	char path[200];

	unlink(line_for(session, "%s/patch", path));
	session_teardown(&state);
}

struct picture {
	unsigned char bytes[2000];
	size_t length;
};

static struct picture picture_take(const struct session *session)
{
	const struct document *document = session->editor->buffer->document;
	struct picture picture = { .length = 0 };

	assert_true(document_size(document) < sizeof picture.bytes);
	picture.length = document_read(document, 0, picture.bytes,
				       sizeof picture.bytes);
	document_check(document);
	view_check(&session->editor->buffer->view);
	return picture;
}

static bool picture_equal(const struct picture *one,
			  const struct picture *other)
{
	return one->length == other->length
	       && memcmp(one->bytes, other->bytes, one->length) == 0;
}

/* Back to what is on disk, and on to what was there. */
static void assert_undoes(struct session *session)
{
	struct document *document = session->editor->buffer->document;
	uint64_t now = document_state_now(document);
	struct picture picture = picture_take(session), again;
	struct range touched;

	assert_true(document_go(document, 0, &touched, NULL));
	assert_int_equal(document_change_count(document), 0);
	assert_true(document_go(document, now, &touched, NULL));
	view_show(&session->editor->buffer->view);
	again = picture_take(session);
	assert_true(picture_equal(&picture, &again));
}

/* What LINE makes of the document when nothing fails. */
static struct picture make_picture(const char *line)
{
	struct session *session = open_session(line);
	char text[200];
	struct picture picture;

	session_run(session, line_for(session, line, text));
	picture = picture_take(session);
	close_session(session);
	return picture;
}

/* Did the COUNT-th allocation of LINE fail? */
static bool fail_line(const char *line, unsigned count, bool good,
		      const struct picture *after)
{
	struct session *session = open_session(line);
	struct picture before = picture_take(session), now;
	struct error error = ERROR_NONE;
	char text[200];

	line_for(session, line, text);
	armed = true;
	for_good = good;
	countdown = count;

	enum status status = session_execute(session, text, &error);
	bool failed = !armed || countdown == 0;

	armed = false;
	now = picture_take(session);
	if (!picture_equal(&now, &before) && !picture_equal(&now, after))
		fail_msg("%s, allocation %u: neither before nor after", line,
			 count);
	if (status == STATUS_FAILED && !error.message[0])
		fail_msg("%s, allocation %u: failed without a word", line,
			 count);
	assert_undoes(session);
	close_session(session);
	return failed;
}

static void test_fault_commands_are_all_or_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct picture after = make_picture(lines[i]);

		for (int good = 0; good < 2; good++) {
			unsigned count = 0;

			while (fail_line(lines[i], count, good, &after))
				assert_true(++count < 2000);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fault_every_editing_command),
		cmocka_unit_test(test_fault_commands_are_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
