// What the grammar cannot see by one token: whether a word is a key, and what stands between the quotes of a text. Keeps no state.

#include "tree_sitter/parser.h"

// In the order of `externals` in grammar.js.
enum Token {
  KEY_WORD,
  STRING_CONTENT,
  BLOCK_CONTENT,
  RAW_CONTENT,
  CUT,
  RECOVERING,
};

void *tree_sitter_oal_external_scanner_create(void) { return NULL; }

void tree_sitter_oal_external_scanner_destroy(void *payload) { (void)payload; }

unsigned tree_sitter_oal_external_scanner_serialize(void *payload, char *buffer) {
  (void)payload;
  (void)buffer;
  return 0;
}

void tree_sitter_oal_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  (void)payload;
  (void)buffer;
  (void)length;
}

static bool starts_word(int32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

static bool in_word(int32_t c) { return starts_word(c) || (c >= '0' && c <= '9'); }

static bool is_blank(int32_t c) { return c == ' ' || c == '\t'; }

static bool ends_line(TSLexer *lexer) { return lexer->lookahead == '\n' || lexer->lookahead == '\r' || lexer->eof(lexer); }

static void advance(TSLexer *lexer) { lexer->advance(lexer, false); }

static void word(TSLexer *lexer) {
  while (in_word(lexer->lookahead)) advance(lexer);
}

// Goes past a plain text of one line and its closing bracket; the lexer stands behind `[`.
static bool index_step(TSLexer *lexer) {
  if (lexer->lookahead != '"') return false;
  advance(lexer);
  while (lexer->lookahead != '"') {
    if (ends_line(lexer) || lexer->lookahead == '$') return false;
    if (lexer->lookahead == '\\') {
      advance(lexer);
      if (ends_line(lexer)) return false;
    }
    advance(lexer);
  }
  advance(lexer);
  if (lexer->lookahead != ']') return false;
  advance(lexer);
  return true;
}

// A word that is a key or a step of one: `a:`, `a.b["c"].d :`. The token is the word alone.
static bool key_word(TSLexer *lexer) {
  while (is_blank(lexer->lookahead) || lexer->lookahead == '\n' || lexer->lookahead == '\r') lexer->advance(lexer, true);
  if (!starts_word(lexer->lookahead)) return false;
  word(lexer);
  lexer->mark_end(lexer);
  for (;;) {
    if (lexer->lookahead == '.') {
      advance(lexer);
      if (!starts_word(lexer->lookahead)) return false;
      word(lexer);
    } else if (lexer->lookahead == '[') {
      advance(lexer);
      if (!index_step(lexer)) return false;
    } else {
      break;
    }
  }
  while (is_blank(lexer->lookahead)) advance(lexer);
  if (lexer->lookahead != ':') return false;
  lexer->result_symbol = KEY_WORD;
  return true;
}

// Text of one line up to its quotes, an escape, a hole or the end of the line.
static bool string_content(TSLexer *lexer, bool cut_is_valid) {
  lexer->result_symbol = STRING_CONTENT;
  for (bool any = false;; any = true) {
    lexer->mark_end(lexer);
    if (ends_line(lexer)) {
      if (any) return true;
      lexer->result_symbol = CUT;
      return cut_is_valid;
    }
    if (lexer->lookahead == '"') return any;
    if (lexer->lookahead == '\\') {
      advance(lexer);
      if (!ends_line(lexer)) return any;
    } else if (lexer->lookahead == '$') {
      advance(lexer);
      if (lexer->lookahead == '{') return any;
    } else {
      advance(lexer);
    }
  }
}

// Text of several lines up to its quotes, an escape or a hole.
static bool block_content(TSLexer *lexer) {
  lexer->result_symbol = BLOCK_CONTENT;
  for (bool any = false;; any = true) {
    lexer->mark_end(lexer);
    if (lexer->eof(lexer)) return any;
    if (lexer->lookahead == '"') {
      int quotes = 0;
      while (quotes < 3 && lexer->lookahead == '"') {
        advance(lexer);
        quotes++;
      }
      if (quotes == 3) return any;
    } else if (lexer->lookahead == '\\') {
      advance(lexer);
      if (!ends_line(lexer)) return any;
    } else if (lexer->lookahead == '$') {
      advance(lexer);
      if (lexer->lookahead == '{') return any;
    } else {
      advance(lexer);
    }
  }
}

static bool raw_content(TSLexer *lexer, bool cut_is_valid) {
  bool any = false;
  while (lexer->lookahead != '"' && !ends_line(lexer)) {
    advance(lexer);
    any = true;
  }
  lexer->mark_end(lexer);
  lexer->result_symbol = any ? RAW_CONTENT : CUT;
  return any || (cut_is_valid && ends_line(lexer));
}

bool tree_sitter_oal_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid_symbols) {
  (void)payload;
  if (!valid_symbols[RECOVERING]) {
    if (valid_symbols[BLOCK_CONTENT]) return block_content(lexer);
    if (valid_symbols[STRING_CONTENT]) return string_content(lexer, valid_symbols[CUT]);
    if (valid_symbols[RAW_CONTENT] || valid_symbols[CUT]) return raw_content(lexer, valid_symbols[CUT]);
  }
  return valid_symbols[KEY_WORD] && key_word(lexer);
}
