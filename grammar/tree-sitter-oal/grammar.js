/**
 * @file The grammar of OAL for editors. It takes what `../oal.lalrpop` takes, and a little more: colours, folds and indentation must
 * hold while a program is being written.
 * @license Apache-2.0
 */

/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

// From the loosest to the tightest; see "Operators and their precedence" in ../spec/06-expressions.md.
const PREC = {
  if: 0,
  coalesce: 1,
  or: 2,
  and: 3,
  not: 4,
  compare: 5,
  in: 6,
  range: 7,
  add: 8,
  multiply: 9,
  minus: 10,
  postfix: 11,
};

const BINARY = [
  ['??', PREC.coalesce],
  ['or', PREC.or],
  ['and', PREC.and],
  ['==', PREC.compare],
  ['!=', PREC.compare],
  ['<', PREC.compare],
  ['<=', PREC.compare],
  ['>', PREC.compare],
  ['>=', PREC.compare],
  ['in', PREC.in],
  ['..', PREC.range],
  ['..=', PREC.range],
  ['+', PREC.add],
  ['-', PREC.add],
  ['*', PREC.multiply],
  ['/', PREC.multiply],
  ['%', PREC.multiply],
];

// The keywords of the table in ../../oal-syntax/src/token.rs; a test holds them against it.
const KEYWORDS = [
  'use', 'app', 'as', 'environment', 'unset', 'param', 'let', 'type', 'assert', 'kind', 'extern', 'extends', 'field', 'output',
  'allow', 'if', 'then', 'else', 'match', 'for', 'in', 'where', 'matches', 'and', 'or', 'not', 'true', 'false', 'null',
];

/** Members with commas between them, and perhaps one at the end. */
const list = (rule) => seq(rule, repeat(seq(',', rule)), optional(','));

/** Members with or without commas between them. */
const loose = (...rules) => repeat(choice(...rules, ','));

module.exports = grammar({
  name: 'oal',

  word: $ => $.identifier,

  // In the order of the scanner's enum.
  externals: $ => [
    // A word that is a key, or a step of one: behind it, perhaps behind more steps, there is a colon.
    $._key_word,
    // Text between the quotes, escapes and holes of a text.
    $.string_content,
    $._block_content,
    $._raw_content,
    // The end of a line inside a text of one line, of no width: the text ends there, so that its mistake reaches no further.
    $._cut,
    // Never used in a rule: valid only while the parser recovers.
    $._recovering,
  ],

  extras: $ => [/[ \t\r\n]/, $.comment, $.doc_comment, $.file_comment],

  // Keywords are no names, except behind a dot.
  reserved: {
    global: _ => KEYWORDS,
    none: _ => [],
  },

  supertypes: $ => [$._item, $._type, $._expression],

  inline: $ => [$._member, $._name],

  // `field a: bucket` and then `lib.web b { … }`, or `field a: deploy lib.Size`?
  conflicts: $ => [[$.kind_type, $.level]],

  rules: {
    source_file: $ => loose($._item, $.allow),

    // Three slashes document what follows, four do not. A carriage return belongs to the line's end only before it.
    comment: _ => token(choice(
      /\/\/((\r+[^\r\n]|[^\/!\r\n])(\r*[^\r\n])*)?/,
      /\/\/\/\/(\r*[^\r\n])*/,
    )),
    doc_comment: _ => /\/\/\/((\r+[^\r\n]|[^\/\r\n])(\r*[^\r\n])*)?/,
    file_comment: _ => /\/\/!(\r*[^\r\n])*/,

    // Declarations.

    allow: $ => seq('allow', '(', field('lint', $.identifier), ',', field('reason', $._text), ')'),

    _item: $ => choice(
      $.use,
      $.app,
      $.environment,
      $.param,
      $.let,
      $.type_declaration,
      $.assert,
      $.kind,
      $.component,
    ),

    use: $ => seq(
      'use',
      field('path', $._text),
      choice(field('names', $.use_names), seq('as', field('alias', $.identifier))),
    ),
    use_names: $ => seq('{', loose($.use_name), '}'),
    use_name: $ => seq(field('name', $._name), optional(seq('as', field('alias', $._name)))),
    _name: $ => choice($.identifier, $.type_identifier),

    app: $ => seq('app', field('name', $.identifier), field('body', $.body)),
    environment: $ => seq('environment', field('name', $.identifier), field('body', $.body)),
    param: $ => seq('param', $._typed),
    let: $ => seq('let', choice(
      seq(field('name', $.identifier), '=', field('value', $._expression)),
      seq(field('key', $.key), field('type', $._type), '=', field('value', $._expression)),
    )),
    type_declaration: $ => seq('type', field('name', $.type_identifier), '=', field('type', $._type)),
    assert: $ => seq('assert', field('condition', $._expression), ',', field('message', $._expression)),
    kind: $ => seq(
      optional('extern'),
      'kind',
      field('name', $.identifier),
      optional(seq('extends', field('base', $.kind_path))),
      field('body', $.body),
    ),
    component: $ => seq(
      field('kind', $.kind_path),
      field('name', $.identifier),
      optional(choice($.condition, $.loop)),
      field('body', $.body),
    ),
    condition: $ => seq('if', field('condition', $._expression)),
    loop: $ => seq(
      'for',
      field('name', $.identifier),
      optional(seq(',', field('name', $.identifier))),
      'in',
      field('in', $._expression),
    ),
    kind_path: $ => seq($.identifier, repeat(seq('.', alias(reserved('none', $.identifier), $.identifier)))),

    body: $ => seq('{', loose($.assignment, $.unset, $.field, $.output, $._item, $.allow), '}'),
    assignment: $ => seq(field('key', $.key), field('value', $._expression)),
    unset: $ => seq('unset', field('path', $.unset_path)),
    unset_path: $ => prec.left(seq(
      alias($._name, $.property),
      repeat(choice(seq('.', $._member), seq('[', $._text, ']'))),
    )),
    field: $ => seq('field', $._typed),
    output: $ => seq('output', $._typed),
    _typed: $ => seq(field('key', $.key), field('type', $._type), optional(seq('=', field('default', $._expression)))),

    key: $ => seq(
      choice(
        seq(
          alias($._key_word, $.property),
          repeat(choice(seq('.', alias($._key_word, $.property)), seq('[', $._text, ']'))),
        ),
        $._text,
      ),
      ':',
    ),

    // Types.

    _type: $ => choice($._type_one, $.where_type, $.union_type),
    where_type: $ => seq(field('type', $._type_one), 'where', field('refinement', choice($.range, $.matches))),
    _type_one: $ => choice($._upper_type, $._lower_type, $.leveled_type),
    leveled_type: $ => seq(
      field('level', $.level),
      field('type', choice($._upper_type, alias($.optional_upper_type, $.optional_type))),
    ),
    level: $ => $.identifier,
    _upper_type: $ => choice($.type_name, $.generic_type),
    type_name: $ => seq(optional($._prefix), $.type_identifier),
    _prefix: $ => repeat1(seq($.identifier, '.')),
    generic_type: $ => seq(
      field('name', $.type_name),
      '<',
      $._type,
      repeat(seq(',', $._type)),
      '>',
    ),
    // `secret Url?` is a secret that may be missing: the level reaches over all of it.
    optional_upper_type: $ => prec(1, seq(
      choice($._upper_type, alias($.optional_upper_type, $.optional_type)),
      choice('?', '??'),
    )),
    _lower_type: $ => choice($.kind_type, $.record_type, $.parenthesized_type, $.optional_type),
    optional_type: $ => seq($._type_one, choice('?', '??')),
    kind_type: $ => seq(optional($._prefix), $.identifier),
    record_type: $ => seq('{', loose($.member), '}'),
    member: $ => $._typed,
    parenthesized_type: $ => seq('(', $._type, ')'),

    union_type: $ => choice(
      seq('|', $.variant, repeat(seq('|', $.variant))),
      seq($.variant, repeat1(seq('|', $.variant))),
      alias($.call_variant, $.variant),
    ),
    variant: $ => choice(field('name', $._name), $._call_variant),
    call_variant: $ => $._call_variant,
    _call_variant: $ => seq(field('name', $.identifier), field('members', $.members)),
    members: $ => seq('(', loose($.member), ')'),

    range: $ => choice(
      seq(field('low', $._bound), choice('..', '..='), optional(field('high', $._bound))),
      seq(choice('..', '..='), field('high', $._bound)),
    ),
    _bound: $ => choice($._number, alias($.negative, $.unary)),
    negative: $ => seq(field('operator', '-'), field('operand', $._number)),
    matches: $ => seq('matches', field('pattern', $._text)),

    // Expressions.

    _expression: $ => choice(
      $._number,
      $._text,
      alias($.identifier, $.variable),
      $.type_identifier,
      alias('environment', $.variable),
      $.boolean,
      $.null,
      $.unary,
      $.binary,
      $.if,
      $.match,
      $.call,
      $.access,
      $.index,
      $.parenthesized,
      $.list,
      $.list_for,
      $.object,
      $.map_for,
    ),

    boolean: _ => choice('true', 'false'),
    null: _ => 'null',

    if: $ => prec.right(PREC.if, seq(
      'if',
      field('condition', $._expression),
      'then',
      field('then', $._expression),
      'else',
      field('else', $._expression),
    )),

    unary: $ => choice(
      prec(PREC.not, seq(field('operator', 'not'), field('operand', $._expression))),
      prec(PREC.minus, seq(field('operator', '-'), field('operand', $._expression))),
    ),

    binary: $ => choice(...BINARY.map(([operator, precedence]) => prec.left(precedence, seq(
      field('left', $._expression),
      field('operator', operator),
      field('right', $._expression),
    )))),

    access: $ => prec(PREC.postfix, seq(field('of', $._expression), choice('.', '?.'), field('name', $._member))),
    _member: $ => choice(
      alias(reserved('none', $.identifier), $.property),
      alias($.type_identifier, $.property),
    ),
    index: $ => prec(PREC.postfix, seq(field('of', $._expression), '[', field('index', $._expression), ']')),
    call: $ => prec(PREC.postfix, seq(
      field('function', choice($.identifier, $.access)),
      field('arguments', $.arguments),
    )),
    arguments: $ => seq('(', optional(list(choice($._expression, $.named_argument))), ')'),
    named_argument: $ => seq(field('key', $.key), field('value', $._expression)),

    parenthesized: $ => seq('(', $._expression, ')'),
    list: $ => seq('[', optional(list($._expression)), ']'),
    list_for: $ => seq('[', field('value', $._expression), $._comprehension, ']'),
    object: $ => seq('{', loose(alias($.assignment, $.pair)), '}'),
    map_for: $ => seq(
      '{', field('key', $._expression), '=>', field('value', $._expression), $._comprehension, '}',
    ),
    _comprehension: $ => seq($.loop, optional($.condition)),

    match: $ => seq('match', field('of', $._expression), field('arms', $.arms)),
    arms: $ => seq('{', loose($.arm), '}'),
    arm: $ => seq(field('pattern', $._pattern), '=>', field('value', $._expression)),
    _pattern: $ => choice($.variant_pattern, $._number, $._text, $.boolean, $.null),
    variant_pattern: $ => seq(
      field('name', $.identifier),
      optional(seq('(', loose(field('binding', $.identifier)), ')')),
    ),

    // Literals.

    _number: $ => choice($.number, $.quantity),
    number: _ => /[0-9][0-9_]*(\.[0-9][0-9_]*)*/,
    quantity: $ => seq($.number, $.unit),
    unit: _ => token.immediate(prec(1, /[A-Za-z_%][A-Za-z0-9_]*/)),

    _text: $ => choice($.string, $.block_string, $.raw_string),
    string: $ => seq(
      '"',
      repeat(choice($.string_content, $.escape, $.interpolation)),
      choice(token.immediate('"'), $._cut),
    ),
    block_string: $ => seq(
      '"""',
      repeat(choice(alias($._block_content, $.string_content), $.escape, $.interpolation)),
      token.immediate('"""'),
    ),
    raw_string: $ => seq('r"', optional(alias($._raw_content, $.string_content)), choice(token.immediate('"'), $._cut)),
    escape: _ => token.immediate(prec(1, /\\(u\{[0-9A-Fa-f]*\}|[^\r\n])/)),
    interpolation: $ => seq(token.immediate('${'), $._expression, '}'),

    identifier: _ => /[a-z_][a-z0-9_]*/,
    type_identifier: _ => /[A-Z][A-Za-z0-9_]*/,
  },
});
