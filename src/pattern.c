/*
 * pattern: what to look for, as one compiled PCRE2 program.
 *
 * A regex goes to PCRE2 as it was typed, between the delimiters: a backslash
 * before the delimiter stays, because PCRE2 takes any escaped punctuation for
 * itself, and so its error offsets are places in the text.  (Only between \Q
 * and \E that is not so; another delimiter helps there.)  What is not a regex
 * becomes one of \xHH, classes and alternatives (pattern_form.h).
 *
 * What the search room must know about a program is found in two ways: from
 * PCRE2 where it tells, else by looking for the letters of a construct in the
 * text, anywhere.  That finds too much (in a class, after \Q), which costs
 * only speed; it never finds too little.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "octavo/data.h"
#include "pattern_form.h"
#include "pattern_internal.h"
#include "pattern_jit.h"

enum { PATTERN_MESSAGE_SIZE = 256 };
/* \X looks back along flag letters (regional indicators); nobody has more of
 * them in a row than this. */
enum { PATTERN_CLUSTER_BYTES = 4096 };
/* So far a match can begin before the end of a hole that is passed over. */
enum { PATTERN_REACH_MAXIMUM = 1 << 20 };

struct options {
	uint32_t compile;
	uint32_t extra;
};

static bool flags_options(const char *flags, struct options *options,
			  struct error *error)
{
	*options = (struct options){
		PCRE2_MULTILINE | PCRE2_USE_OFFSET_LIMIT, 0
	};
	for (const char *flag = flags; *flag; flag++) {
		switch (*flag) {
		case 'i':
			options->compile |= PCRE2_CASELESS;
			break;
		case 's':
			options->compile |= PCRE2_DOTALL;
			break;
		case 'u':
			/* A .* can begin to match behind what is no UTF-8,
			 * in the middle of a line. */
			options->compile |= PCRE2_UTF | PCRE2_UCP |
					    PCRE2_MATCH_INVALID_UTF |
					    PCRE2_NEVER_BACKSLASH_C |
					    PCRE2_NO_DOTSTAR_ANCHOR;
			break;
		case 'x':
			options->compile |= PCRE2_EXTENDED;
			break;
		case 'w':
			options->extra |= PCRE2_EXTRA_MATCH_WORD;
			break;
		default:
			return error_set_at(error, (size_t)(flag - flags),
					    "unknown flag %c: flags are i s u "
					    "x w", *flag);
		}
	}
	if (!(options->compile & PCRE2_UTF))
		options->compile |= PCRE2_NEVER_UTF;
	return true;
}

static size_t count_of(const char *regex, size_t length, const char *word)
{
	size_t size = strlen(word);
	size_t count = 0;

	for (size_t i = 0; i + size <= length; i++)
		count += !memcmp(regex + i, word, size);
	return count;
}

static bool has(const char *regex, size_t length, const char *word)
{
	return count_of(regex, length, word) > 0;
}

static bool has_any(const char *regex, size_t length,
		    const char *const *words)
{
	for (; *words; words++)
		if (has(regex, length, *words))
			return true;
	return false;
}

static bool is_sequential(const char *regex, size_t length)
{
	static const char *const words[] = {
		"\\G", "(*COMMIT", "(*PRUNE", "(*SKIP", "(*THEN", NULL
	};

	return has_any(regex, length, words);
}

/* Calls of groups: with one, look-behinds may nest without a bound. */
static bool has_calls(const char *regex, size_t length)
{
	static const char *const words[] = {
		"(?R", "(?&", "(?P>", "(?+", "(?-", "\\g", "(?0", "(?1",
		"(?2", "(?3", "(?4", "(?5", "(?6", "(?7", "(?8", "(?9", NULL
	};

	return has_any(regex, length, words);
}

/*
 * PCRE2 gives the longest single look-behind, in characters; nested ones add
 * up.  One more for \b and ^ in the innermost, and one so that no look-behind
 * ever sees where a window begins.
 */
static size_t find_lookbehind(const struct pattern *pattern, const char *regex,
			      size_t length)
{
	uint32_t longest = 0;
	size_t groups = count_of(regex, length, "(?<") +
			count_of(regex, length, "(*");

	pcre2_pattern_info(pattern->code, PCRE2_INFO_MAXLOOKBEHIND, &longest);
	if (longest > 0 && groups > 0 && has_calls(regex, length))
		return SIZE_MAX;

	size_t characters = longest * (groups + 1) + 2;
	size_t bytes = pattern->utf ? characters * 4 + 4 : characters;

	return has(regex, length, "\\X") ? bytes + PATTERN_CLUSTER_BYTES
					 : bytes;
}

/* Every match that begins behind a newline or where the pass goes on does so
 * because of a ^, and not of a .* that could as well begin within a line. */
static bool is_of_lines(const char *regex, size_t length)
{
	static const char *const repeats[] = { "*", "{", NULL };

	return (*regex == '^' && !has(regex, length, "|")) ||
	       !has_any(regex, length, repeats);
}

/* PCRE2 passes over attempts by the same facts.  In UTF mode they also depend
 * on what is valid around them. */
static enum zero_starts find_zero_starts(const struct pattern *pattern,
					 const char *regex, size_t length)
{
	enum { FIRST_UNIT = 1, FIRST_OF_LINE = 2 };
	uint32_t type = 0;
	uint32_t unit = 0;
	const uint8_t *bits = NULL;

	pcre2_pattern_info(pattern->code, PCRE2_INFO_FIRSTCODETYPE, &type);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_FIRSTCODEUNIT, &unit);
	pcre2_pattern_info(pattern->code, PCRE2_INFO_FIRSTBITMAP, &bits);
	if (pattern->utf || pattern->sequential)
		return ZERO_STARTS_ALL;
	if (type == FIRST_OF_LINE)
		return is_of_lines(regex, length) ? ZERO_STARTS_FIRST
						  : ZERO_STARTS_ALL;
	if (type == FIRST_UNIT)
		return unit ? ZERO_STARTS_NONE : ZERO_STARTS_ALL;
	return bits && !(bits[0] & 1) ? ZERO_STARTS_NONE : ZERO_STARTS_ALL;
}

/* After so many zero bytes at most, a match that begins with a branch has
 * another byte; SIZE_MAX: it need have none. */
static size_t branch_reach(const struct syntax *syntax,
			   const struct syntax_branch *branch)
{
	size_t reach = 0;

	for (size_t i = syntax->behind; i < branch->count; i++) {
		const struct syntax_item *item = &branch->items[i];

		if (item->single && !byte_set_has(&item->set, 0))
			return reach;
		if (!byte_set_has(&item->set, 0))
			continue;
		if (item->most > PATTERN_REACH_MAXIMUM)
			return SIZE_MAX;
		reach += item->most;
	}
	return SIZE_MAX;
}

/* What PCRE2 does not know, the text may say: how far into zeros a match can
 * reach. */
static void find_reach(struct pattern *pattern)
{
	const struct syntax *syntax = pattern->syntax;
	size_t most = 0;

	if (pattern->zero_starts != ZERO_STARTS_ALL || pattern->utf || !syntax)
		return;
	for (size_t i = 0; i < syntax->count; i++) {
		size_t reach = branch_reach(syntax, &syntax->branches[i]);

		most = reach > most ? reach : most;
	}
	if (syntax->count == 0 || most > PATTERN_REACH_MAXIMUM)
		return;
	pattern->zero_starts = most ? ZERO_STARTS_LAST : ZERO_STARTS_NONE;
	pattern->zero_reach = most;
}

static bool compile_error(int code, size_t offset, struct error *error)
{
	PCRE2_UCHAR message[PATTERN_MESSAGE_SIZE];

	if (pcre2_get_error_message(code, message, sizeof message) < 0)
		return error_set_at(error, offset, "PCRE2 error %d", code);
	return error_set_at(error, offset, "%s", (char *)message);
}

static pcre2_code *compile(const char *regex, size_t length,
			   const struct options *options, struct error *error)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	pcre2_code *program;
	int code;
	size_t offset;

	if (!context) {
		error_set_memory(error);
		return NULL;
	}
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_bsr(context, PCRE2_BSR_UNICODE);
	pcre2_set_compile_extra_options(context, options->extra);
	program = pcre2_compile((PCRE2_SPTR)regex, length, options->compile,
				&code, &offset, context);
	pcre2_compile_context_free(context);
	if (!program)
		compile_error(code, offset, error);
	return program;
}

static bool pattern_compile(struct pattern *pattern, const char *regex,
			    size_t length, const struct options *options,
			    struct error *error)
{
	uint32_t newline = 0;

	pattern->code = compile(regex, length, options, error);
	if (!pattern->code)
		return false;
	pcre2_pattern_info(pattern->code, PCRE2_INFO_NEWLINE, &newline);
	if (newline != PCRE2_NEWLINE_LF)
		return error_set_at(error, 0, "a pattern cannot change what a "
				    "newline is");
	return true;
}

/* Whether it worked shows in the size: (*NO_JIT) is no error. */
static bool compile_jit(pcre2_code *code)
{
	size_t program = 0;

	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD);
	pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &program);
	return program > 0;
}

/* Without it a search tries everywhere, which is no error. */
static void find_syntax(struct pattern *pattern, const char *regex,
			size_t length, const struct options *options)
{
	struct options attempt = *options;

	if (!pattern->jit || pattern->sequential)
		return;
	pattern->syntax = syntax_read(regex, length, options->compile);
	if (!pattern->syntax)
		return;
	if (options->extra)
		pattern->syntax->exact = false;
	attempt.compile |= PCRE2_NO_START_OPTIMIZE;
	pattern->attempt = compile(regex, length, &attempt, NULL);
	if (pattern->attempt && compile_jit(pattern->attempt))
		return;
	syntax_free(pattern->syntax);
	pattern->syntax = NULL;
}

/* Does each match begin where ^ matches, by PCRE2's own facts? */
static bool begins_lines(const char *regex, size_t length,
			 const struct options *options)
{
	enum { FIRST_OF_LINE = 2 };
	struct options plain = *options;
	uint32_t type = 0;
	pcre2_code *program;

	plain.compile |= PCRE2_NO_DOTSTAR_ANCHOR;
	program = compile(regex, length, &plain, NULL);
	if (program)
		pcre2_pattern_info(program, PCRE2_INFO_FIRSTCODETYPE, &type);
	pcre2_code_free(program);
	return type == FIRST_OF_LINE;
}

/* Sees to it that JIT finds all matches; false where it must not be used.  A
 * verb may mean something else in another regex, and \A is looked for nowhere
 * but at the start. */
static bool avoid_misses(struct pattern *pattern, const char *regex,
			 size_t length, const struct options *options)
{
	uint32_t all = 0;
	char *text;
	pcre2_code *code = NULL;

	if (pattern->utf && pattern_jit_joins_flags(regex, length))
		return false;
	pcre2_pattern_info(pattern->code, PCRE2_INFO_ALLOPTIONS, &all);
	if ((all & PCRE2_ANCHORED) || !pattern_jit_misses(regex, length))
		return true;
	if (pattern->sequential)
		return false;
	text = pattern_jit_detour(regex,
				    begins_lines(regex, length, options),
				    &length);
	if (text)
		code = compile(text, length, options, NULL);
	free(text);
	if (!code)
		return false;
	pcre2_code_free(pattern->code);
	pattern->code = code;
	return true;
}

static void pattern_study(struct pattern *pattern, const char *regex,
			  size_t length, const struct options *options)
{
	pattern->utf = options->compile & PCRE2_UTF;
	pattern->sequential = is_sequential(regex, length);
	pattern->lookbehind = find_lookbehind(pattern, regex, length);
	pattern->zero_starts = find_zero_starts(pattern, regex, length);
	pattern->jit = avoid_misses(pattern, regex, length, options) &&
		       compile_jit(pattern->code);
	find_syntax(pattern, regex, length, options);
	find_reach(pattern);
}

/* Takes TEXT, which is freed also on failure. */
static struct pattern *pattern_new(char *text, const char *regex,
				   size_t length,
				   const struct options *options,
				   struct error *error)
{
	struct pattern *pattern = text ? calloc(1, sizeof *pattern) : NULL;

	if (!pattern) {
		free(text);
		error_set_memory(error);
		return NULL;
	}
	pattern->text = text;
	if (!pattern_compile(pattern, regex, length, options, error)) {
		pattern_free(pattern);
		return NULL;
	}
	pattern_study(pattern, regex, length, options);
	return pattern;
}

/* --- from text --- */

static bool is_delimiter(char c)
{
	return c > ' ' && c < 0x7f && !isalnum((unsigned char)c) &&
	       !strchr("\"{@\\", c);
}

/* Where the regex that begins at TEXT ends: its delimiter or the end. */
static size_t regex_length(const char *text, char delimiter)
{
	size_t i = 0;

	while (text[i] && text[i] != delimiter)
		i += text[i] == '\\' && text[i + 1] ? 2 : 1;
	return i;
}

/* The LENGTH bytes of a regex behind the delimiter at TEXT, as it is typed
 * where flags of LETTERS bytes at FLAGS follow. */
static char *typed_text(const char *text, size_t length, const char *flags,
			size_t letters)
{
	/* The closing delimiter may be missing; then there are no flags. */
	size_t used = 1 + length + (text[1 + length] != '\0');
	char *typed = malloc(used + letters + 1);

	if (!typed)
		return NULL;
	memcpy(typed, text, used);
	memcpy(typed + used, flags, letters);
	typed[used + letters] = '\0';
	return typed;
}

/* From a regex of LENGTH bytes behind the delimiter at POSITION; its flags
 * are at *END, which is moved behind them. */
static struct pattern *regex_new(const char *text, size_t position,
				 size_t length, size_t *end,
				 struct error *error)
{
	size_t start = position + 1;
	struct options options;
	char flags[16] = "";
	size_t letters = 0;

	while (isalpha((unsigned char)text[*end + letters]))
		letters++;
	/* Longer ones are a word, and wrong at their first odd letter. */
	snprintf(flags, sizeof flags, "%.*s", (int)letters, text + *end);

	struct error inner = ERROR_NONE;
	struct pattern *pattern = NULL;

	if (!flags_options(flags, &options, &inner) ||
	    letters >= sizeof flags) {
		error_set_at(error, *end + (inner.position > 0
					    ? (size_t)inner.position : 0),
			     "%s", *inner.message ? inner.message
						  : "too many flags");
		return NULL;
	}
	pattern = pattern_new(typed_text(text + position, length, flags,
					 letters),
			      text + start, length, &options, &inner);
	if (pattern)
		*end += letters;
	else if (inner.position == ERROR_NO_POSITION)
		error_set(error, "%s", inner.message);
	else
		error_set_at(error, start + (size_t)inner.position, "%s",
			     inner.message);
	return pattern;
}

static struct pattern *parse_regex(const char *text, size_t *position,
				   struct error *error)
{
	size_t length = regex_length(text + *position + 1, text[*position]);
	size_t end = *position + 1 + length;

	if (length == 0) {
		error_set_at(error, *position, "the pattern is empty");
		return NULL;
	}
	if (text[end])
		end++;

	struct pattern *pattern = regex_new(text, *position, length, &end,
					    error);

	if (pattern)
		*position = end;
	return pattern;
}

struct pattern *pattern_parse_replace(const char *text, size_t *position,
				      size_t *start, size_t *length,
				      struct error *error)
{
	char delimiter = text[*position];

	if (!is_delimiter(delimiter)) {
		error_set_at(error, *position,
			     "/regex/replacement/flags is wanted");
		return NULL;
	}

	size_t regex = regex_length(text + *position + 1, delimiter);
	size_t end = *position + 1 + regex;

	if (regex == 0) {
		error_set_at(error, *position, "the pattern is empty");
		return NULL;
	}
	*start = end + (text[end] != '\0');
	*length = regex_length(text + *start, delimiter);
	end = *start + *length;
	if (!text[end]) {
		error_set_at(error, end, "a %c is missing here: "
			     "%cregex%creplacement%cflags", delimiter,
			     delimiter, delimiter, delimiter);
		return NULL;
	}
	end++;

	struct pattern *pattern = regex_new(text, *position, regex, &end,
					    error);

	if (pattern)
		*position = end;
	return pattern;
}

/* What is not a regex, from the form that it becomes.  TEXT is taken. */
static struct pattern *form_pattern(struct form *form, char *text,
				    struct error *error)
{
	const struct options options = {
		PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_UTF | PCRE2_DOTALL, 0
	};
	struct error inner = ERROR_NONE;
	struct pattern *pattern = NULL;

	if (form->failed)
		error_set_memory(error);
	else if (form->length == 0)
		error_set(error, "the pattern is empty");
	else
		pattern = pattern_new(text, form->text, form->length,
				      &options, &inner);
	if (form->failed || form->length == 0)
		free(text);
	else if (!pattern)
		/* Places in what was made up would mean nothing to anybody. */
		error_set(error, "%s", inner.message);
	form_free(form);
	return pattern;
}

static bool read_file(struct form *form, const char *text, size_t *at,
		      struct error *error)
{
	struct data data;

	if (!data_parse(&data, text, at, error))
		return false;
	form_bytes(form, data.bytes, data.length);
	data_free(&data);
	return true;
}

static bool read_any(struct form *form, const char *text, size_t *at,
		     struct error *error)
{
	switch (text[*at]) {
	case '"':
		return pattern_read_text(form, text, at, error);
	case '{':
		return pattern_read_hex(form, text, at, error);
	case '@':
		return read_file(form, text, at, error);
	default:
		return pattern_read_number(form, text, at, error);
	}
}

static struct pattern *parse_data(const char *text, size_t *position,
				  struct error *error)
{
	size_t end = *position;
	struct form form = { NULL, 0, 0, false };

	if (!read_any(&form, text, &end, error)) {
		form_free(&form);
		return NULL;
	}

	struct pattern *pattern =
		form_pattern(&form, strndup(text + *position, end - *position),
			     error);

	if (pattern)
		*position = end;
	return pattern;
}

bool pattern_is_data(const char *text, size_t position)
{
	char first = text[position];

	return (first && strchr("\"{@", first)) ||
	       pattern_is_number(text, position);
}

struct pattern *pattern_parse(const char *text, size_t *position,
			      struct error *error)
{
	if (pattern_is_data(text, *position))
		return parse_data(text, position, error);
	if (is_delimiter(text[*position]))
		return parse_regex(text, position, error);
	error_set_at(error, *position, text[*position]
		     ? "a pattern is /regex/, \"text\", {hex} or a number"
		     : "a pattern is missing");
	return NULL;
}

/* --- from parts --- */

/* A delimiter that REGEX does not hold, else the slash. */
static char choose_delimiter(const char *regex, size_t length)
{
	static const char candidates[] = "/,!%;~&'`=:_#<>-|";

	for (const char *c = candidates; *c; c++)
		if (!memchr(regex, *c, length))
			return *c;
	return '/';
}

/* As it can be typed: what would end it is escaped, and so is NUL. */
static char *regex_text(const char *regex, size_t length, const char *flags)
{
	char delimiter = choose_delimiter(regex, length);
	char *text = malloc(length * 4 + strlen(flags) + 3);
	char *out = text;

	if (!text)
		return NULL;
	*out++ = delimiter;
	for (size_t i = 0; i < length; i++) {
		bool escaped = regex[i] == '\\' && i + 1 < length;

		if (escaped && regex[i + 1])
			*out++ = regex[i++];
		else if (escaped)
			i++;
		else if (regex[i] == delimiter)
			*out++ = '\\';
		if (regex[i])
			*out++ = regex[i];
		else
			out += sprintf(out, "\\x00");
	}
	*out++ = delimiter;
	strcpy(out, flags);
	return text;
}

struct pattern *pattern_regex(const char *regex, size_t length,
			      const char *flags, struct error *error)
{
	struct options options;

	if (length == 0) {
		error_set_at(error, 0, "the pattern is empty");
		return NULL;
	}

	struct error inner = ERROR_NONE;

	if (!flags_options(flags, &options, &inner)) {
		error_set(error, "%s", inner.message);
		return NULL;
	}
	return pattern_new(regex_text(regex, length, flags), regex, length,
			   &options, error);
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	pcre2_code_free(pattern->code);
	pcre2_code_free(pattern->attempt);
	syntax_free(pattern->syntax);
	free(pattern->text);
	free(pattern);
}

void pattern_set_limits(struct pattern *pattern,
			const struct pattern_limits *limits)
{
	pattern->limits = *limits;
}

const char *pattern_text(const struct pattern *pattern)
{
	return pattern->text;
}
