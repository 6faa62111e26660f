/*
 * regexes [FILE]...: matches of regexes next to those of pcre2test, which runs
 * PCRE2's interpreter.
 *
 * A FILE is written as pcre2test's own testinput files are: /regex/modifiers,
 * then subjects, a line each, up to an empty one.  Without a FILE it is that
 * beside this program.  Of the modifiers only i, s, x and utf count; both are
 * told the same.  pcre2test says of each place in a subject what matches from
 * there on, which makes the one pass that a search promises.  Octavo makes it
 * in each way it has, over bytes in pieces, in chunks, and to the left.
 */
#include "sample.h"
#include "scanner.h"

#include <ctype.h>
#include <errno.h>

enum {
	REGEX_MAXIMUM = 1 << 16,
	SUBJECT_MAXIMUM = 200,
	MATCHES_MAXIMUM = SUBJECT_MAXIMUM + 1,
	LINE_MAXIMUM = 1 << 17,
};

static const char *usual = "tests/unit/regexes.txt";

struct subject {
	unsigned char bytes[SUBJECT_MAXIMUM + 8];
	size_t length;
	/* What matches from each place on, by pcre2test. */
	struct finding findings[SUBJECT_MAXIMUM + 1];
	enum scan_result results[SUBJECT_MAXIMUM + 1];
	struct subject *next;
};

struct item {
	char regex[REGEX_MAXIMUM];
	size_t length;
	char flags[8];
	bool utf;
	bool refused;		/* by pcre2test */
	struct subject *subjects;
};

static struct {
	unsigned regexes, refused, pairs, matches, failed, skipped, wrong;
} counts;

/* --- reading a file --- */

static unsigned read_point(const char **text, unsigned base, int most)
{
	unsigned point = 0;

	for (; most > 0 && isxdigit((unsigned char)**text); most--, ++*text) {
		int digit = tolower((unsigned char)**text);
		unsigned value = (unsigned)(digit <= '9' ? digit - '0'
							 : digit - 'a' + 10);

		if (value >= base)
			break;
		point = point * base + value;
	}
	return point;
}

static bool put(struct subject *subject, unsigned point, bool utf)
{
	static const unsigned char heads[] = { 0, 0xc0, 0xe0, 0xf0 };
	unsigned char *to = subject->bytes + subject->length;

	if (subject->length + 4 > SUBJECT_MAXIMUM ||
	    point > (utf ? 0x10ffffu : 0xffu))
		return false;
	if (!utf || point < 0x80) {
		*to = (unsigned char)point;
		subject->length++;
		return true;
	}

	size_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;

	for (size_t i = more; i > 0; i--, point >>= 6)
		to[i] = (unsigned char)(0x80 | (point & 0x3f));
	*to = (unsigned char)(point | heads[more]);
	subject->length += more + 1;
	return true;
}

/* Behind a backslash; false where it is more than a character. */
static bool read_escape(const char **text, unsigned *point)
{
	static const char letters[] = "abefnrt";
	static const char codes[] = "\a\b\033\f\n\r\t";
	char letter = *(*text)++;
	const char *found = strchr(letters, letter);
	bool braces = **text == '{';

	if (letter && found) {
		*point = (unsigned char)codes[found - letters];
	} else if (letter == 'x' || (letter == 'o' && braces)) {
		*text += braces;
		*point = read_point(text, letter == 'x' ? 16 : 8,
				    braces ? 8 : 2);
		if (braces && *(*text)++ != '}')
			return false;
	} else if (letter >= '0' && letter <= '7') {
		--*text;
		*point = read_point(text, 8, 3);
	} else {
		*point = (unsigned char)letter;
		return letter && !isalnum((unsigned char)letter) &&
		       letter != '[' && letter != '=';
	}
	return true;
}

static unsigned read_utf8(const char **text)
{
	unsigned first = (unsigned char)*(*text)++;
	int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0;
	unsigned point = more ? first & (0x3fu >> more) : first;

	for (; more > 0 && (**text & 0xc0) == 0x80; more--)
		point = point << 6 | (*(*text)++ & 0x3f);
	return point;
}

/* False: it is none that can be made of a line. */
static bool read_subject(const char *text, bool utf, struct subject *subject)
{
	/* What pcre2test shows of that could mean two things. */
	bool good = !strstr(text, "\\\\x");

	text += strspn(text, " ");
	while (good && *text) {
		unsigned point;

		if (*text == '\\') {
			text++;
			if (*text == '\0' || *text == '=')
				break;
			good = read_escape(&text, &point);
		} else {
			point = utf ? read_utf8(&text)
				    : (unsigned char)*text++;
		}
		good = good && put(subject, point, utf);
	}
	return good;
}

/* Letters, and words, which may be made of the same letters. */
static void read_modifiers(struct item *item, const char *text)
{
	static const char letters[] = "BIgimnsx";
	bool letter = strspn(text, letters) == strcspn(text, ", \n");
	size_t count = 0;

	for (; letter && *text && strchr(letters, *text); text++)
		if (strchr("isx", *text) && count < 3)
			item->flags[count++] = *text;
	item->utf = strstr(text, "utf") && !strstr(text, "never_utf");
	if (item->utf)
		item->flags[count++] = 'u';
	item->flags[count] = '\0';
}

/* LINE begins a regex, which may go on in the next ones. */
static bool read_regex(FILE *file, char *line, struct item *item)
{
	char delimiter = *line++;

	item->length = 0;
	for (;;) {
		for (; *line && *line != delimiter; line++) {
			if (item->length + 4 > REGEX_MAXIMUM)
				return false;
			item->regex[item->length++] = *line;
			if (*line == '\\' && line[1] && line[1] != '\n')
				item->regex[item->length++] = *++line;
		}
		if (*line)
			break;
		line -= strlen(line);
		if (!fgets(line, LINE_MAXIMUM / 2, file))
			return false;
	}
	item->regex[item->length] = '\0';
	/* A backslash alone cannot be written in any other way. */
	if (line[1] == '\\')
		item->regex[item->length++] = '\\';
	read_modifiers(item, line + 1);
	return item->length > 0;
}

static void free_subjects(struct item *item)
{
	while (item->subjects) {
		struct subject *next = item->subjects->next;

		free(item->subjects);
		item->subjects = next;
	}
}

/* The next regex with its subjects; false at the end.  LINE is empty, or begins
 * it. */
static bool read_item(FILE *file, char *line, struct item *item)
{
	struct subject **end = &item->subjects;

	while (!*line || !strchr("/!\"'`%&-=_:;,@~", *line) ||
	       !read_regex(file, line, item))
		if (!fgets(line, LINE_MAXIMUM / 2, file))
			return false;
	while (fgets(line, LINE_MAXIMUM / 2, file) && *line != '\n' &&
	       *line != '/') {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "\\=", 2) == 0)
			continue;
		*end = calloc(1, sizeof **end);
		assert_non_null(*end);
		if (read_subject(line, item->utf, *end)) {
			end = &(*end)->next;
		} else {
			free(*end);
			*end = NULL;
			counts.skipped++;

		}
	}
	return true;
}

/* --- asking pcre2test --- */

static void say_regex(FILE *out, const struct item *item)
{
	fputc('/', out);
	for (size_t i = 0; i < item->length; i++)
		fprintf(out, "%02x", (unsigned char)item->regex[i]);
	fprintf(out, "/hex,multiline,newline=lf,bsr=unicode%s%s%s%s\n",
		strchr(item->flags, 'i') ? ",caseless" : "",
		strchr(item->flags, 's') ? ",dotall" : "",
		strchr(item->flags, 'x') ? ",extended" : "",
		item->utf ? ",utf,ucp,match_invalid_utf,never_backslash_c,"
			    "no_dotstar_anchor" : ",never_utf");
}

static bool is_place(const struct item *item, const struct subject *subject,
		     size_t offset)
{
	return !item->utf || offset == subject->length ||
	       (subject->bytes[offset] & 0xc0) != 0x80;
}

static void say_subject(FILE *out, const struct item *item,
			const struct subject *subject, size_t offset)
{
	const char *next = (const char *)subject->bytes;
	const char *end = next + subject->length;

	while (next < end)
		fprintf(out, "\\x{%x}", item->utf ? read_utf8(&next)
					: (unsigned char)*next++);
	fprintf(out, "\\=offset=%zu,aftertext,startchar,callout_none\n",
		offset);
}

/* Bytes that TEXT of SIZE letters, as pcre2test shows it, stands for. */
static size_t shown_length(const struct item *item, const char *text,
			   size_t size)
{
	const char *end = text + size;
	size_t length = 0;

	while (text < end) {
		struct subject one = { .length = 0 };
		unsigned point = (unsigned char)*text;

		if (text[0] == '\\' && text[1] == 'x') {
			text++;
			read_escape(&text, &point);
			put(&one, point, item->utf);
			length += one.length;
		} else {
			text++;
			length++;
		}
	}
	return length;
}

/* Of the lines "FIRST", perhaps "   ^^", and "REST". */
static struct finding read_finding(const struct item *item,
				   const struct subject *subject,
				   const char *first, size_t carets,
				   const char *rest)
{
	struct finding finding;
	size_t all = shown_length(item, first, strlen(first));

	finding.match.end = subject->length -
			    shown_length(item, rest, strlen(rest));
	finding.attempt = finding.match.end - all;
	finding.match.start = finding.attempt +
			      shown_length(item, first, carets);
	return finding;
}

static bool next_line(FILE *in, char *line)
{
	if (!fgets(line, LINE_MAXIMUM, in))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* Reads what it says up to the echo of the next question, or its end. */
static void hear_subject(FILE *in, char *line, const struct item *item,
			 struct subject *subject, size_t offset)
{
	static char first[LINE_MAXIMUM];
	size_t carets = 0;
	bool found = false;

	subject->results[offset] = SCAN_FAILED;
	while (next_line(in, line) && *line && strncmp(line, "\\", 1) != 0) {
		if (strncmp(line, "No match", 8) == 0)
			subject->results[offset] = SCAN_NONE;
		if (strncmp(line, " 0: ", 4) == 0) {
			strcpy(first, line + 4);
			found = true;
		} else if (found && strncmp(line, "    ", 4) == 0 &&
			   line[4 + strspn(line + 4, "^")] == '\0') {
			carets = strlen(line + 4);
		} else if (found && strncmp(line, " 0+ ", 4) == 0) {
			subject->results[offset] = SCAN_MATCH;
			subject->findings[offset] =
				read_finding(item, subject, first, carets,
					     line + 4);
			found = false;
		}
	}
}

static void ask(struct item *item)
{
	static char line[LINE_MAXIMUM];
	char question[sizeof path + 8];
	char command[64 + 2 * sizeof path];
	FILE *file;

	snprintf(question, sizeof question, "%s.ask", path);
	file = fopen(question, "w");
	assert_non_null(file);
	say_regex(file, item);
	for (struct subject *s = item->subjects; s; s = s->next)
		for (size_t at = 0; at <= s->length; at++)
			if (is_place(item, s, at))
				say_subject(file, item, s, at);
	assert_int_equal(fclose(file), 0);
	snprintf(command, sizeof command, "pcre2test -q %s 2>&1", question);
	file = popen(command, "r");
	assert_non_null(file);
	assert_true(next_line(file, line));
	if (!next_line(file, line))
		*line = '\0';
	item->refused = *line && *line != '\\';
	for (struct subject *s = item->subjects; !item->refused && s;
	     s = s->next)
		for (size_t at = 0; at <= s->length; at++)
			if (is_place(item, s, at))
				hear_subject(file, line, item, s, at);
	while (next_line(file, line))
		;
	pclose(file);
	unlink(question);
}

/* --- the same in octavo --- */

struct list {
	struct match matches[MATCHES_MAXIMUM];
	size_t count;
	bool failed;		/* a limit was reached */
};

static void list_add(struct list *list, struct match match)
{
	assert_true(list->count < MATCHES_MAXIMUM);
	list->matches[list->count++] = match;
}

/* The pass, of what pcre2test says of each place. */
static struct list compose(const struct item *item,
			   const struct subject *subject)
{
	struct list list = { .count = 0 };
	size_t at = 0;

	while (at <= subject->length &&
	       subject->results[at] == SCAN_MATCH) {
		const struct finding *finding = &subject->findings[at];

		list_add(&list, finding->match);
		at = finding->match.end > finding->attempt
			     ? finding->match.end : finding->attempt + 1;
		while (at < subject->length && !is_place(item, subject, at))
			at++;
	}
	list.failed = at <= subject->length &&
		      subject->results[at] == SCAN_FAILED;
	return list;
}

static struct list scan(const struct document *document,
			const struct pattern *pattern)
{
	struct scanner *scanner = scanner_new(document, pattern, NULL);
	const uint64_t limit = document_size(document) + 1;
	struct list list = { .count = 0 };
	enum scan_result result;
	struct finding finding;
	uint64_t at = 0;

	assert_non_null(scanner);
	while ((result = scanner_next(scanner, at, limit, &finding,
				      NULL)) == SCAN_MATCH) {
		list_add(&list, finding.match);
		at = scanner_after(scanner, &finding);
	}
	list.failed = result == SCAN_FAILED;
	scanner_free(scanner);
	return list;
}

static bool take_found(void *context, const struct match *matches,
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		list_add(context, matches[i]);
	return true;
}

static struct list search(const struct document *document,
			  const struct pattern *pattern)
{
	struct list list = { .count = 0 };
	const struct search_plan plan = {
		.document = document, .pattern = pattern, .kind = SEARCH_ALL,
		.range = { 0, document_size(document) },
		.found = take_found, .context = &list,
		.workers = 1 + random_below(3), .chunk = 16,
	};
	struct search *all = search_start(&plan, NULL);

	assert_non_null(all);
	list.failed = search_wait(all, NULL) != JOB_DONE;
	search_free(all);
	return list;
}

/* The last match that begins before END, in a list of its own. */
static struct list search_last(const struct document *document,
			       const struct pattern *pattern, uint64_t end)
{
	struct list list = { .count = 0 };
	const struct search_plan plan = {
		.document = document, .pattern = pattern, .kind = SEARCH_LAST,
		.range = { 0, end }, .here = true, .chunk = 16,
	};
	struct search *last = search_start(&plan, NULL);
	struct match match;

	assert_non_null(last);
	list.failed = search_wait(last, NULL) != JOB_DONE;
	if (!list.failed && search_match(last, &match))
		list_add(&list, match);
	search_free(last);
	return list;
}

static struct list last_of(const struct list *list, uint64_t end)
{
	struct list last = { .count = 0 };

	for (size_t i = 0; i < list->count; i++)
		if (list->matches[i].start < end) {
			last.count = 0;
			list_add(&last, list->matches[i]);
		}
	return last;
}

static void say_list(const struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		printf(" [%d,%d)", (int)list->matches[i].start,
		       (int)list->matches[i].end);
	puts(list->failed ? " failed" : "");
}

static void check(const struct item *item, const struct subject *subject,
		  const char *way, const struct list *wanted,
		  const struct list *got)
{
	/* Limits are counted differently by the interpreter and by JIT. */
	if (wanted->failed || got->failed ||
	    (wanted->count == got->count &&
	     memcmp(wanted->matches, got->matches,
		    wanted->count * sizeof *wanted->matches) == 0))
		return;
	counts.wrong++;
	printf("# /%s/%s in \"", item->regex, item->flags);
	for (size_t i = 0; i < subject->length; i++)
		if (isprint(subject->bytes[i]))
			putchar(subject->bytes[i]);
		else
			printf("\\x%02x", subject->bytes[i]);
	printf("\", %s:\n# pcre2test", way);
	say_list(wanted);
	printf("# octavo   ");
	say_list(got);
}

/* The subject in pieces. */
static struct document *document_in_pieces(const struct subject *subject)
{
	size_t first = random_below((unsigned)subject->length + 1);
	size_t at = first;
	struct document *document = document_of(subject->bytes, first);

	while (at < subject->length) {
		size_t length = 1 + random_below(
			(unsigned)(subject->length - at));

		/* From the middle, so that they are no single piece. */
		assert_true(document_insert(document, at, "x", 1, NULL));
		assert_true(document_insert(document, at,
					    subject->bytes + at, length,
					    NULL));
		at += length;
		assert_true(document_delete(document, range_of(at, 1), NULL));
	}
	return document;
}

static void check_subject(const struct item *item,
			  const struct subject *subject,
			  const struct pattern *pattern)
{
	static const char *const ways[] = { "an anchor", "words", "tiles",
					    "plain", "all ways" };
	struct document *document = counts.pairs % 2
		? document_in_pieces(subject)
		: document_of(subject->bytes, subject->length);
	struct list wanted = compose(item, subject);
	struct list got;

	for (int way = 0; way <= SCANNER_WAYS; way++) {
		scanner_force(way);
		got = scan(document, pattern);
		check(item, subject, ways[way], &wanted, &got);
	}
	if (counts.pairs % 4 == 0) {
		got = search(document, pattern);
		check(item, subject, "workers", &wanted, &got);
	}

	uint64_t end = random_below((unsigned)subject->length + 1);
	struct list last = last_of(&wanted, end);

	got = search_last(document, pattern, end);
	if (!wanted.failed)
		check(item, subject, "to the left", &last, &got);
	counts.pairs++;
	counts.matches += (unsigned)wanted.count;
	counts.failed += wanted.failed;
	document_close(document);
}

/* Both take it, or both refuse it; but for what only octavo refuses. */
static void check_item(const struct item *item)
{
	struct error error = ERROR_NONE;
	struct pattern *pattern = pattern_regex(item->regex, item->length,
						item->flags, &error);

	counts.regexes++;
	counts.refused += item->refused;
	if (pattern && !item->refused)
		for (struct subject *s = item->subjects; s; s = s->next)
			check_subject(item, s, pattern);
	else if (!strstr(error.message, "newline") &&
		 (pattern || !item->refused)) {
		counts.wrong++;
		printf("# /%s/%s: %s\n", item->regex, item->flags,
		       pattern ? "taken" : error.message);
	}
	pattern_free(pattern);
}

static void compare(const char *name)
{
	static char line[LINE_MAXIMUM];
	static struct item item;
	FILE *file = fopen(name, "r");

	if (!file)
		fail_msg("%s: %s", name, strerror(errno));
	memset(&counts, 0, sizeof counts);
	*line = '\0';
	while (read_item(file, line, &item)) {
		ask(&item);
		check_item(&item);
		free_subjects(&item);
	}
	fclose(file);
	printf("# %s: %u regexes, %u refused by both, %u subjects, %u of which "
	       "reach limits, %u skipped, %u matches, %u wrong\n", name,
	       counts.regexes, counts.refused, counts.pairs, counts.failed,
	       counts.skipped, counts.matches, counts.wrong);
}

static void test_regexes(void **state)
{
	(void)state;
	if (system("echo | pcre2test -q >/dev/null 2>&1") != 0)
		skip();
	compare(usual);
	assert_int_equal(counts.wrong, 0);
	assert_int_equal(counts.skipped, 0);
	assert_true(counts.regexes >= 350 && counts.matches >= 600);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/file", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_regexes),
	};

	if (argc == 1)
		return cmocka_run_group_tests(tests, make_folder,
					      remove_folder);
	make_folder(NULL);
	for (int i = 1; i < argc; i++)
		compare(argv[i]);
	remove_folder(NULL);
	return counts.wrong > 0;
}
