/*
 * Unit tests of the characters room: what is made of bytes, written as it is
 * drawn, with the bytes of each glyph.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "characters.h"
#include "octavo/escape.h"

static const char colors[ROLE_COUNT] = {
	[ROLE_INK_RED] = 'r', [ROLE_INK_GREEN] = 'g', [ROLE_INK_YELLOW] = 'y',
	[ROLE_INK_BLUE] = 'b', [ROLE_INK_MAGENTA] = 'm', [ROLE_INK_CYAN] = 'c',
	[ROLE_REVERSE] = '!',
};

/* A glyph as TEXT:BYTES, behind its colour if it has one; behind its columns,
 * unless that is one for text and newlines. */
static size_t describe(const struct glyph *glyph, unsigned columns, char *out)
{
	char text[32] = "NL";
	char *end = out;

	if (glyph->kind == GLYPH_TAB)
		strcpy(text, "TAB");
	else if (glyph->kind == GLYPH_TEXT)
		text[escape_encode(text, glyph->character)] = '\0';
	else if (glyph->kind != GLYPH_NEWLINE)
		glyph_text(glyph, text);
	for (unsigned i = 0; i < CELL_COMBINING; i++)
		if (glyph->combining[i])
			text[strlen(text) +
			     escape_encode(text + strlen(text),
					   glyph->combining[i])] = '\0';
	if (colors[glyph->color])
		*end++ = colors[glyph->color];
	if (columns != 1)
		end += sprintf(end, "%u", columns);
	end += sprintf(end, "%s:%zu ", text, glyph->length);
	return (size_t)(end - out);
}

static void check(enum encoding_form form, bool ansi, const char *bytes,
		  size_t length, const char *expected)
{
	struct glyphs glyphs = {
		.bytes = (const unsigned char *)bytes,
		.length = length,
		.form = form,
		.colors = ansi,
	};
	char text[1000] = "";
	size_t used = 0;
	size_t at = 0;
	unsigned column = 0;
	struct glyph glyph;

	while (glyphs_next(&glyphs, &glyph)) {
		unsigned columns = glyph_columns(&glyph, column, 8);

		assert_true(columns > 0 && glyph.length > 0);
		assert_int_equal(glyph.start, at);
		at += glyph.length;
		used += describe(&glyph, columns, text + used);
		column += columns;
	}
	assert_int_equal(at, length);
	if (used > 0)
		text[used - 1] = '\0';
	assert_string_equal(text, expected);
}

#define UTF8(bytes, expected) \
	check(ENCODING_UTF8, true, bytes, sizeof bytes - 1, expected)

static void test_characters_of_ascii(void **state)
{
	(void)state;
	UTF8("", "");
	UTF8("a", "a:1");
	UTF8("ab c", "a:1 b:1  :1 c:1");
	UTF8("ab\tc\n", "a:1 b:1 6TAB:1 c:1 NL:1");
	UTF8("\t\t", "8TAB:1 8TAB:1");
}

/* The known cases of who counts columns. */
static void test_characters_of_any_width(void **state)
{
	(void)state;
	UTF8("a\u00e9b", "a:1 \u00e9:2 b:1");
	UTF8("\u6f22\u5b57", "2\u6f22:3 2\u5b57:3");
	UTF8("\uff21", "2\uff21:3");
	UTF8("\U0001f600", "2\U0001f600:4");
	UTF8("e\u0301x", "e\u0301:3 x:1");
	UTF8("\u0915\u0941", "\u0915\u0941:6");
	/* One that combines and has a column is not put over anything. */
	UTF8("\u0915\u093f", "\u0915:3 8<U+093F>:3");
	UTF8("o\u0302\u0323\u0301", "o\u0302\u0323:5 8<U+0301>:2");
	UTF8("\u0301x", "8<U+0301>:2 x:1");
	UTF8("\t\u0301", "8TAB:1 8<U+0301>:2");
	/* A family: a zero width joiner is shown, for terminals differ. */
	UTF8("\U0001f468\u200d\U0001f469",
	     "2\U0001f468:4 8<U+200D>:3 2\U0001f469:4");
	UTF8("so\u00adft", "s:1 o:1 8<U+00AD>:2 f:1 t:1");
	UTF8("\ufeff", "8<U+FEFF>:3");
	UTF8("\u202e", "8<U+202E>:3");
	UTF8("\u1112\u1161", "2\u1112:3 8<U+1161>:3");
}

static void test_characters_of_controls(void **state)
{
	(void)state;
	check(ENCODING_UTF8, true, "\0\1\x1b\x7f", 4,
	      "2^@:1 2^A:1 2^[:1 2^?:1");
	UTF8("a\r\nb\rc\r", "a:1 NL:2 b:1 2^M:1 c:1 2^M:1");
	UTF8("\r\r\n\n", "2^M:1 NL:2 NL:1");
	UTF8("\xc2\x85", "8<U+0085>:2");
}

/* Half a character at either end, and everywhere within. */
static void test_characters_of_invalid_bytes(void **state)
{
	static const char face[] = "a\U0001f600\u20ac\u00e9z";
	static const char *const parts[] = {
		"", "a:1", "a:1 4<f0>:1", "a:1 4<f0>:1 4<9f>:1",
		"a:1 4<f0>:1 4<9f>:1 4<98>:1", "a:1 2\U0001f600:4",
		"a:1 2\U0001f600:4 4<e2>:1",
		"a:1 2\U0001f600:4 4<e2>:1 4<82>:1",
		"a:1 2\U0001f600:4 \u20ac:3",
		"a:1 2\U0001f600:4 \u20ac:3 4<c3>:1",
		"a:1 2\U0001f600:4 \u20ac:3 \u00e9:2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		check(ENCODING_UTF8, true, face, i, parts[i]);
	UTF8("\x9f\x98\x80z", "4<9f>:1 4<98>:1 4<80>:1 z:1");
	UTF8("\xc0\x80\xff", "4<c0>:1 4<80>:1 4<ff>:1");
	UTF8("\xed\xa0\x80", "4<ed>:1 4<a0>:1 4<80>:1");
	UTF8("a\x80", "a:1 4<80>:1");
}

static void test_characters_in_other_encodings(void **state)
{
	(void)state;
	check(ENCODING_LATIN1, true, "a\xe9\x85\n", 4,
	      "a:1 \u00e9:1 8<U+0085>:1 NL:1");
	check(ENCODING_UTF16LE, true, "a\0\x22\x6f\r\0\n\0z", 9,
	      "a:2 2\u6f22:2 NL:4 4<7a>:1");
	check(ENCODING_UTF16BE, true, "\0a\xd8\x3d\xde\0\xd8\x3d\0b", 10,
	      "a:2 2\U0001f600:4 8<U+D83D>:2 b:2");
	check(ENCODING_UTF16LE, true, "e\0\1\3", 4, "e\u0301:4");
	check(ENCODING_EBCDIC, true, "\xc8\x89\x40\x15\x25\x0d\x15", 7,
	      "H:1 i:1  :1 NL:1 2^J:1 NL:2");
}

static void test_characters_in_colors(void **state)
{
	(void)state;
	UTF8("a\x1b[31mbc\x1b[0md", "a:1 rb:6 rc:1 d:5");
	UTF8("\x1b[1;32mx\x1b[m\n", "gx:8 NL:4");
	UTF8("\x1b[93;4mx\x1b[7my\x1b[27mz", "yx:8 !y:5 z:6");
	/* At the end they belong to what is before, alone they are a blank. */
	UTF8("x\x1b[31m", "x:6");
	UTF8("\x1b[31m\x1b[0m", " :9");
	UTF8("\x1b[31mx\x1b[0m\x1b[K", "rx:13");
	UTF8("\x1b[32mx\x1b[m\x1b[K:\x1b[Ky", "gx:6 ::7 y:4");
	UTF8("x\x1b[2J", "x:1 2^[:1 [:1 2:1 J:1");
	UTF8("\x1b[38;5;196mx\x1b[38;5;21my\x1b[38;5;250mz",
	     "rx:12 by:11 z:12");
	UTF8("\x1b[38;2;0;200;210mx\x1b[48;5;196my", "cx:18 cy:12");
	UTF8("\x1b[34;47m\u6f22", "b2\u6f22:11");
	/* What is none. */
	UTF8("\x1b[31", "2^[:1 [:1 3:1 1:1");
	UTF8("\x1b]0;m", "2^[:1 ]:1 0:1 ;:1 m:1");
	check(ENCODING_UTF8, false, "\x1b[31mx", 6,
	      "2^[:1 [:1 3:1 1:1 m:1 x:1");
	check(ENCODING_UTF16LE, true, "\x1b\0[\0003\0001\0m\0x\0", 12,
	      "rx:12");
}

/* Beginning anew at a glyph, in its colour, one gets the same. */
static void test_characters_from_anywhere(void **state)
{
	static const char *const pieces[] = {
		"a", " ", "\t", "\n", "\r", "\x1b[31m", "\x1b[m", "\x1b",
		"\u00e9", "\u0301", "\U0001f600", "\xc3", "\x80", "[3", "m",
	};
	unsigned seed = 1;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		char bytes[200] = "";
		struct glyphs all = {
			.bytes = (const unsigned char *)bytes,
			.colors = true,
		};
		struct glyph one;

		for (unsigned i = 0; i < 16; i++) {
			seed = seed * 1103515245 + 12345;
			strcat(bytes, pieces[(seed >> 16) % 15]);
		}
		all.length = strlen(bytes);
		for (struct glyphs from = all; glyphs_next(&all, &one);
		     from = all) {
			struct glyph again;

			assert_true(glyphs_next(&from, &again));
			assert_memory_equal(&one, &again, sizeof one);
			assert_int_equal(from.position, all.position);
			assert_int_equal(from.color, all.color);
		}
	}
}

static void test_characters_class(void **state)
{
	static const struct {
		enum glyph_kind kind;
		uint32_t character;
		enum glyph_class class;
	} known[] = {
		{ GLYPH_TEXT, ' ', GLYPH_BLANK },
		{ GLYPH_TAB, '\t', GLYPH_BLANK },
		{ GLYPH_NEWLINE, '\n', GLYPH_BLANK },
		{ GLYPH_TEXT, 'Z', GLYPH_LETTER },
		{ GLYPH_TEXT, 'a', GLYPH_LETTER },
		{ GLYPH_TEXT, '_', GLYPH_LETTER },
		{ GLYPH_TEXT, '7', GLYPH_LETTER },
		{ GLYPH_TEXT, 0xe9, GLYPH_LETTER },
		{ GLYPH_TEXT, '-', GLYPH_OTHER },
		{ GLYPH_TEXT, '@', GLYPH_OTHER },
		{ GLYPH_TEXT, '{', GLYPH_OTHER },
		{ GLYPH_CONTROL, 1, GLYPH_OTHER },
		{ GLYPH_INVALID, 'a', GLYPH_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct glyph glyph = { .kind = known[i].kind,
				       .character = known[i].character };

		assert_int_equal(glyph_class(&glyph), known[i].class);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_characters_of_ascii),
		cmocka_unit_test(test_characters_of_any_width),
		cmocka_unit_test(test_characters_of_controls),
		cmocka_unit_test(test_characters_of_invalid_bytes),
		cmocka_unit_test(test_characters_in_other_encodings),
		cmocka_unit_test(test_characters_in_colors),
		cmocka_unit_test(test_characters_from_anywhere),
		cmocka_unit_test(test_characters_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
