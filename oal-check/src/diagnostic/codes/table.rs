//! The rows of the registry, in order of number. Gaps are room for kin; a number never gets a second meaning.
//! Rows of 09xx are lints: their severity is what it is unless the user says otherwise.

use super::super::Severity;
use super::Code;

/// One row: number, severity, constant, slug, first version, summary.
macro_rules! codes {
    ($($number:literal $severity:ident $name:ident $slug:ident $since:literal $summary:literal;)*) => {
        $(
            #[doc = concat!("`OAL", stringify!($number), "`: ", $summary)]
            pub static $name: Code = Code {
                number: $number,
                id: concat!("OAL", stringify!($number)),
                slug: stringify!($slug),
                severity: codes!(@severity $severity),
                since: $since,
                summary: $summary,
                lint: if $number >= 900 { Some(stringify!($slug)) } else { None },
            };
        )*

        /// Every code, in order of number.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
    (@severity error) => { Severity::Error };
    (@severity warning) => { Severity::Warning };
    (@severity note) => { Severity::Note };
}

codes! {
    // 00xx: text and tokens
    0001 error INVALID_UTF8 invalid_utf8 "0.1.0" "the file is not valid UTF-8";
    0002 error CONTROL_CHARACTER control_character "0.1.0" "a NUL or another control character in the text";
    0003 error FILE_TOO_LARGE file_too_large "0.1.0" "the file is larger than the checker reads";
    0004 error UNKNOWN_CHARACTER unknown_character "0.1.0" "a character that the language does not use";
    0005 error CONFUSABLE_CHARACTER confusable_character "0.1.0" "a character that looks like another one";
    0006 error INVISIBLE_CHARACTER invisible_character "0.1.0" "an invisible or direction-changing character";
    0007 error SMART_QUOTES smart_quotes "0.1.0" "text in typographic quotes";
    0008 error FOREIGN_LETTERS foreign_letters "0.1.0" "a name with letters beyond a to z";
    0010 error UNTERMINATED_TEXT unterminated_text "0.1.0" "a text without its closing quote";
    0011 error UNTERMINATED_BLOCK_TEXT unterminated_block_text "0.1.0" "a multi-line text without its closing `\"\"\"`";
    0012 error UNTERMINATED_INTERPOLATION unterminated_interpolation "0.1.0" "a `${` in a text without its `}`";
    0013 error EMPTY_INTERPOLATION empty_interpolation "0.1.0" "a `${}` with nothing in it";
    0014 error UNKNOWN_ESCAPE unknown_escape "0.1.0" "a backslash before a character that needs none";
    0015 error BAD_UNICODE_ESCAPE bad_unicode_escape "0.1.0" "a `\\u{…}` that names no character";
    0016 error SINGLE_QUOTES single_quotes "0.1.0" "text in single quotes";
    0017 error INTERPOLATION_OUTSIDE_TEXT interpolation_outside_text "0.1.0" "a `${…}` that is not inside a text";
    0018 error BLOCK_TEXT_OPENING block_text_opening "0.1.0" "words on the line of the opening `\"\"\"`";
    0019 error BLOCK_TEXT_INDENT block_text_indent "0.1.0" "a line of a multi-line text starts left of its closing quotes";
    0020 error MALFORMED_NUMBER malformed_number "0.1.0" "a number that cannot be read";
    0021 error UNKNOWN_UNIT unknown_unit "0.1.0" "a number with a unit that the language does not have";
    0022 error FOREIGN_UNIT foreign_unit "0.1.0" "a unit as Kubernetes, Compose or another tool spells it";
    0023 error INTEGER_TOO_LARGE integer_too_large "0.1.0" "a number too large to hold";
    0024 error TOO_PRECISE too_precise "0.1.0" "a quantity finer than its smallest unit";
    0025 error SPACE_BEFORE_UNIT space_before_unit "0.1.0" "a space between a number and its unit";
    0026 error BLOCK_TEXT_CLOSING block_text_closing "0.1.0" "words before the closing `\"\"\"` on its line";
    0030 error FOREIGN_COMMENT foreign_comment "0.1.0" "a comment as another language writes it";

    // 01xx: syntax
    0101 error MISSING_VALUE missing_value "0.1.0" "a key without a value";
    0102 error MISSING_KEY missing_key "0.1.0" "a value without a key";
    0103 error UNEXPECTED_WORD unexpected_word "0.1.0" "a word that begins nothing here";
    0104 error EXPECTED_EXPRESSION expected_expression "0.1.0" "an expression that stops too early";
    0105 error EXPECTED_NAME expected_name "0.1.0" "a declaration without a name";
    0106 error EXPECTED_TYPE expected_type "0.1.0" "a type is missing";
    0107 error EXPECTED_BODY expected_body "0.1.0" "a declaration without its `{ … }`";
    0108 error EXPECTED_DECLARATION expected_declaration "0.1.0" "something between the declarations that declares nothing";
    0109 error MISSING_COLON missing_colon "0.1.0" "a key without its colon";
    0110 error UNCLOSED_BRACKET unclosed_bracket "0.1.0" "a bracket that is never closed";
    0111 error MISMATCHED_BRACKET mismatched_bracket "0.1.0" "a bracket closed by another kind of bracket";
    0112 error EXTRA_BRACKET extra_bracket "0.1.0" "a closing bracket that closes nothing";
    0113 error MISSING_COMMA missing_comma "0.1.0" "two elements of a list or argument list without a comma between them";
    0114 error EXTRA_COMMA extra_comma "0.1.0" "a comma that separates nothing";
    0115 error SEMICOLON semicolon "0.1.0" "a semicolon";
    0116 error NESTING_TOO_DEEP nesting_too_deep "0.1.0" "brackets nested deeper than anyone can read";
    0117 error STRAY_COLON stray_colon "0.1.0" "a colon that ends no key";
    0118 error TOO_LONG too_long "0.1.0" "a construct with more parts than it can have";
    0119 error EXPECTED_TEXT expected_text "0.1.0" "something else where a text in quotes must stand";
    0120 error KEYWORD_AS_NAME keyword_as_name "0.1.0" "a keyword used as a name";
    0121 error NAME_CASE name_case "0.1.0" "a name in the wrong case";
    0122 error HYPHEN_IN_NAME hyphen_in_name "0.1.0" "a name with a hyphen";
    0123 error QUOTED_NAME quoted_name "0.1.0" "a name in quotes";
    0124 error QUOTED_FIELD quoted_field "0.1.0" "a field name in quotes";
    0125 error EXPECTED_SIGN expected_sign "0.1.0" "a sign or word that the construct needs is missing";
    0126 error MISSING_BRACKET missing_bracket "0.1.0" "a block without its opening bracket";
    0127 error UNQUOTED_TEXT unquoted_text "0.1.0" "a text without quotes";
    0130 error CHAINED_COMPARISON chained_comparison "0.1.0" "comparisons in a row";
    0131 error EQUALS_FOR_COLON equals_for_colon "0.1.0" "a field assigned with `=`";
    0132 error COLON_FOR_EQUALS colon_for_equals "0.1.0" "a declaration assigned with `:`";
    0133 error SINGLE_EQUALS single_equals "0.1.0" "a comparison with a single `=`";
    0134 error FOREIGN_OPERATOR foreign_operator "0.1.0" "an operator of another language";
    0135 error QUESTION_OPERATOR question_operator "0.1.0" "a choice written with `?` and `:`";
    0136 error MISSING_THEN missing_then "0.1.0" "an `if` without its `then`";
    0137 error MISSING_ELSE missing_else "0.1.0" "an `if` without its `else`";
    0138 error BARE_IF_OPERAND bare_if_operand "0.1.0" "an `if` or `match` as an operand without parentheses";
    0139 error BARE_NOT_OPERAND bare_not_operand "0.1.0" "a `not` as an operand without parentheses";
    0140 error BAD_PATTERN bad_pattern "0.1.0" "something that is no pattern";
    0141 error MISSING_ARROW missing_arrow "0.1.0" "a match arm or comprehension without its `=>`";
    0142 error BAD_COMPREHENSION bad_comprehension "0.1.0" "a comprehension in the wrong shape";
    0143 error PATH_OUTSIDE_ENVIRONMENT path_outside_environment "0.1.0" "a dotted key outside an environment";
    0144 error POSITIONAL_AFTER_NAMED positional_after_named "0.1.0" "an unnamed argument after a named one";
    0145 error PLAIN_TEXT_NEEDED plain_text_needed "0.1.0" "an interpolated text where only a plain one may stand";
    0146 error UNEXPECTED_KEY unexpected_key "0.1.0" "a key where none may stand";
    0147 error TYPE_AS_VARIANT type_as_variant "0.1.0" "types joined with `|`";
    0148 error DOUBLE_OPTIONAL double_optional "0.1.0" "a type with two question marks";
    0149 error EXPECTED_OPERATOR expected_operator "0.1.0" "something after a value that does not go on with it";
    0150 error DECLARATION_NOT_ALLOWED declaration_not_allowed "0.1.0" "a declaration that may only stand at the top of a file";
    0151 error COMPONENT_NOT_ALLOWED component_not_allowed "0.1.0" "a component inside something that holds none";
    0152 error ENTRY_OUTSIDE_BODY entry_outside_body "0.1.0" "a `key: value` outside every declaration";
    0153 error FIELD_OUTSIDE_KIND field_outside_kind "0.1.0" "a `field` or `output` outside a kind";
    0154 error UNSET_OUTSIDE_ENVIRONMENT unset_outside_environment "0.1.0" "an `unset` outside an environment";
    0155 error BAD_ALLOW bad_allow "0.1.0" "an `allow` without a lint's name and a reason";
    0156 error DANGLING_ALLOW dangling_allow "0.1.0" "an `allow` with nothing after it";
    0157 error MISSING_ASSERT_MESSAGE missing_assert_message "0.1.0" "an `assert` without a message";
    0158 error BAD_REFINEMENT bad_refinement "0.1.0" "a refinement in the wrong shape";
    0159 error BAD_PATH bad_path "0.1.0" "a path in an environment that cannot be read";
    0160 error YAML_LIST yaml_list "0.1.0" "a list as YAML writes it";
    0161 error TAB_AFTER_DASH tab_after_dash "0.1.0" "a tab after a YAML dash";
    0162 error YAML_ANCHOR yaml_anchor "0.1.0" "an anchor, an alias or a merge key of YAML";
    0163 error FUNCTION_DEFINITION function_definition "0.1.0" "a function of one's own";
    0164 error METHOD_CALL method_call "0.1.0" "a function called as a method";
    0165 error FOREIGN_IMPORT foreign_import "0.1.0" "an import as another language writes it";
    0166 error FOREIGN_DECLARATION foreign_declaration "0.1.0" "a declaration as another tool writes it";
    0167 error MODIFIER_FIRST modifier_first "0.1.0" "a `for` or `if` before the component that it is for";

    // 02xx: shape of the program, files, names
    0201 error NO_APP no_app "0.1.0" "a program without an `app`";
    0202 error SEVERAL_APPS several_apps "0.1.0" "a program with more than one `app`";
    0203 error UNKNOWN_FIELD unknown_field "0.1.0" "a field that the construct does not have";
    0204 error UNKNOWN_NAME unknown_name "0.1.0" "a name that is not declared";
    0205 error UNKNOWN_KIND unknown_kind "0.1.0" "a kind that does not exist";
    0206 error UNKNOWN_TYPE unknown_type "0.1.0" "a type that does not exist";
    0207 error UNKNOWN_VARIANT unknown_variant "0.1.0" "a variant that the type does not have";
    0208 error UNKNOWN_FUNCTION unknown_function "0.1.0" "a function that does not exist";
    0209 error UNKNOWN_ENVIRONMENT unknown_environment "0.1.0" "an environment that is not declared";
    0210 error UNKNOWN_PORT unknown_port "0.1.0" "a port that the component does not have";
    0211 error UNKNOWN_MEMBER unknown_member "0.1.0" "a value does not have this part";
    0212 error UNKNOWN_LINT unknown_lint "0.1.0" "an `allow` of a lint that does not exist";
    0213 error UNKNOWN_EDITION unknown_edition "0.1.0" "an edition that this checker does not know";
    0214 error UNKNOWN_INSTANCE unknown_instance "0.1.0" "a repeated component has no instance for this key";
    0220 error IMPORT_NOT_FOUND import_not_found "0.1.0" "a file to use that does not exist";
    0221 error IMPORT_IS_DIRECTORY import_is_directory "0.1.0" "a file to use that is a directory";
    0222 error UNREADABLE_FILE unreadable_file "0.1.0" "a file that cannot be read";
    0223 error IMPORT_CYCLE import_cycle "0.1.0" "files that use each other in a circle";
    0224 error IMPORT_OUTSIDE_ROOT import_outside_root "0.1.0" "a file to use that lies outside the project";
    0225 error BAD_IMPORT_PATH bad_import_path "0.1.0" "a path to use that is not a relative path to an `.oal` file";
    0226 error UNKNOWN_IMPORT unknown_import "0.1.0" "a name that the used file does not declare";
    0227 error IMPORTED_APP imported_app "0.1.0" "a file to use that is a program of its own";
    0228 error IMPORT_NOT_NEEDED import_not_needed "0.1.0" "a file to use that is always there";
    0230 error DUPLICATE_NAME duplicate_name "0.1.0" "a name declared twice in one file";
    0231 error DUPLICATE_FIELD duplicate_field "0.1.0" "a field set twice in one body";
    0232 error DUPLICATE_KEY duplicate_key "0.1.0" "a key given twice in one map";
    0233 error DUPLICATE_ENVIRONMENT duplicate_environment "0.1.0" "an environment declared twice";
    0234 error DUPLICATE_TYPE duplicate_type "0.1.0" "a type declared twice in one file";
    0235 error DUPLICATE_VARIANT duplicate_variant "0.1.0" "a variant named twice in one type";
    0236 error DUPLICATE_DECLARED_FIELD duplicate_declared_field "0.1.0" "a field or output declared twice in one kind or record";
    0237 error DUPLICATE_ARGUMENT duplicate_argument "0.1.0" "an argument given twice";
    0238 error DUPLICATE_BINDING duplicate_binding "0.1.0" "a name bound twice in one pattern or loop";
    0239 error DUPLICATE_IMPORT duplicate_import "0.1.0" "a name imported twice";
    0240 error SHADOWED_KIND shadowed_kind "0.1.0" "a declaration with the name of a built-in kind";
    0241 error SHADOWED_TYPE shadowed_type "0.1.0" "a type with the name of a built-in type";
    0242 error INHERITED_FIELD inherited_field "0.1.0" "a kind declares a field that its base already has";
    0243 error ENVIRONMENT_OUTSIDE_ROOT environment_outside_root "0.1.0" "an environment declared in a used file";
    0244 error EXTERN_OUTSIDE_STD extern_outside_std "0.1.0" "an `extern kind` outside the built-in library";
    0245 error NOT_A_KIND not_a_kind "0.1.0" "a name used as a kind that is something else";
    0246 error NOT_A_TYPE not_a_type "0.1.0" "a name used as a type that is something else";
    0247 error NOT_A_VALUE not_a_value "0.1.0" "a name used as a value that is something else";
    0248 error NOT_A_FUNCTION not_a_function "0.1.0" "a name called that is no function";
    0249 error KIND_CYCLE kind_cycle "0.1.0" "a kind that contains or extends itself";
    0250 error TYPE_CYCLE type_cycle "0.1.0" "a type that contains itself";
    0251 error FOREIGN_BOOLEAN foreign_boolean "0.1.0" "`yes`, `no`, `on` or `off` for a boolean";
    0252 error FOREIGN_NULL foreign_null "0.1.0" "`none`, `nil` or `undefined` for `null`";
    0253 error FOREIGN_FIELD foreign_field "0.1.0" "a field as Compose or Kubernetes names it";
    0254 error AMBIENT_VALUE ambient_value "0.1.0" "a value read from the machine that runs the check";

    // 03xx: types
    0301 error TYPE_MISMATCH type_mismatch "0.1.0" "a value of another type than its place takes";
    0302 error MISSING_FIELD missing_field "0.1.0" "a required field is not set";
    0303 error UNKNOWN_ARGUMENT unknown_argument "0.1.0" "an argument that the function or variant does not take";
    0304 error MISSING_ARGUMENT missing_argument "0.1.0" "an argument is missing";
    0305 error TOO_MANY_ARGUMENTS too_many_arguments "0.1.0" "more arguments than the function or variant takes";
    0306 error MIXED_DIMENSIONS mixed_dimensions "0.1.0" "quantities of different dimensions in one calculation";
    0307 error NOT_ITERABLE not_iterable "0.1.0" "a loop over something that has no elements";
    0308 error NOT_INDEXABLE not_indexable "0.1.0" "an index into something that has no elements";
    0309 error WRONG_INDEX_TYPE wrong_index_type "0.1.0" "an index of the wrong type";
    0310 error NULL_NOT_HANDLED null_not_handled "0.1.0" "a value that may be null where null is not taken";
    0311 error MISSING_ARM missing_arm "0.1.0" "a match that leaves out a case";
    0312 error UNREACHABLE_ARM unreachable_arm "0.1.0" "a match arm that can never be chosen";
    0313 error NOT_MATCHABLE not_matchable "0.1.0" "a match on something that has no cases";
    0314 error CONDITION_NOT_BOOL condition_not_bool "0.1.0" "a condition that is neither true nor false";
    0315 error NOT_INTERPOLATABLE not_interpolatable "0.1.0" "a value in a text that has no text form";
    0316 error NUMBER_FOR_TEXT number_for_text "0.1.0" "a number or boolean where text is needed";
    0317 error WRONG_KIND wrong_kind "0.1.0" "a component of another kind than its place takes";
    0318 error OUT_OF_RANGE out_of_range "0.1.0" "a value outside the range that its type allows";
    0319 error PATTERN_NOT_MATCHED pattern_not_matched "0.1.0" "a text that does not match its type's pattern";
    0320 error WRONG_LENGTH wrong_length "0.1.0" "a list or text longer or shorter than its type allows";
    0321 error INCOMPARABLE incomparable "0.1.0" "two values of different types compared";
    0322 error NOT_ORDERED not_ordered "0.1.0" "a comparison of values that have no order";
    0323 error OUTPUT_ASSIGNED output_assigned "0.1.0" "an output set like a field";
    0324 error WRONG_OPERAND wrong_operand "0.1.0" "an operator on a value it does not work on";
    0325 error TEXT_ADDITION text_addition "0.1.0" "texts joined with `+`";
    0326 error BRANCH_MISMATCH branch_mismatch "0.1.0" "branches of different types";
    0327 error MIXED_LIST mixed_list "0.1.0" "elements of different types in one list or map";
    0328 error VARIANT_NEEDS_FIELDS variant_needs_fields "0.1.0" "a variant with fields used without them";
    0329 error VARIANT_HAS_NO_FIELDS variant_has_no_fields "0.1.0" "fields given to a variant that has none";
    0330 error WRONG_PATTERN_COUNT wrong_pattern_count "0.1.0" "a pattern that binds more or fewer fields than the variant has";
    0331 error UNCLEAR_TYPE unclear_type "0.1.0" "a value whose type cannot be told from its place";
    0332 error WRONG_TYPE_ARGUMENTS wrong_type_arguments "0.1.0" "a type with too many or too few type arguments";
    0333 error BAD_MAP_KEY_TYPE bad_map_key_type "0.1.0" "a map with keys that are no text";
    0334 error REFINEMENT_NOT_APPLICABLE refinement_not_applicable "0.1.0" "a refinement that the type cannot have";
    0335 error EMPTY_RANGE empty_range "0.1.0" "a range that holds nothing";
    0336 error MISSING_UNIT missing_unit "0.1.0" "a plain number where a quantity is needed";
    0337 error MILLI_FOR_MINUTES milli_for_minutes "0.1.0" "`m` for minutes, where it means thousandths of a core";
    0338 error QUOTED_LITERAL quoted_literal "0.1.0" "a number, quantity or boolean in quotes";
    0339 error LIST_FOR_MAP list_for_map "0.1.0" "a list where a map is needed";
    0340 error BAD_LOOP_KEY bad_loop_key "0.1.0" "a component repeated over values that cannot be keys";
    0341 error MISSING_INSTANCE_KEY missing_instance_key "0.1.0" "a repeated component used without saying which instance";
    0342 error NOT_REPEATED not_repeated "0.1.0" "an index into a component that is not repeated";
    0343 error ELEMENT_FOR_LIST element_for_list "0.1.0" "a single value where a list is needed";

    // 04xx: levels and secrets
    0401 error DEPLOY_VALUE_FOR_CONST deploy_value_for_const "0.1.0" "a value known only after deployment where it must be known before";
    0402 error SECRET_EXPOSED secret_exposed "0.1.0" "a secret in a field that anyone may read";
    0403 error SECRET_IN_TEXT secret_in_text "0.1.0" "a secret inside a text that anyone may read";
    0404 error SECRET_IN_COMMAND secret_in_command "0.1.0" "a secret on a command line";
    0405 error SECRET_IN_BUILD_ARGUMENT secret_in_build_argument "0.1.0" "a secret among the build arguments";
    0406 error SECRET_IN_CONDITION secret_in_condition "0.1.0" "a decision that depends on a secret";
    0407 error SECRET_IN_ASSERT secret_in_assert "0.1.0" "an assert that depends on a secret";
    0408 error DEPLOY_VALUE_IN_CONDITION deploy_value_in_condition "0.1.0" "a decision that depends on a value known only after deployment";
    0409 error DEPLOY_VALUE_IN_ASSERT deploy_value_in_assert "0.1.0" "an assert that depends on a value known only after deployment";
    0410 error SECRET_PARAM secret_param "0.1.0" "a param of a secret type";
    0411 error BAD_LEVEL bad_level "0.1.0" "a word before a type that is no level";
    0412 error SECRET_AS_KEY secret_as_key "0.1.0" "a secret as a key or a name";

    // 05xx: environments, overrides, params
    0501 error UNKNOWN_PATH unknown_path "0.1.0" "an environment sets something that does not exist";
    0502 error UNSET_REQUIRED unset_required "0.1.0" "an environment unsets a required field";
    0503 error SET_TWICE set_twice "0.1.0" "an environment sets the same thing twice";
    0504 error UNSET_NOTHING unset_nothing "0.1.0" "an environment unsets something that is not set";
    0505 error ABSENT_COMPONENT absent_component "0.1.0" "a component used in an environment where it does not exist";
    0506 error PARAM_WITHOUT_VALUE param_without_value "0.1.0" "a param that no one gives a value";
    0507 error WRONG_PARAM_VALUE wrong_param_value "0.1.0" "a param given a value that does not fit its type";
    0508 error OUTPUT_OVERRIDDEN output_overridden "0.1.0" "an environment sets an output";
    0509 error OVERRIDE_OF_ABSENT override_of_absent "0.1.0" "an environment sets a field of a component that it does not have";
    0510 error UNKNOWN_PARAM unknown_param "0.1.0" "a value for a param that is not declared";
    0511 error NOT_OVERRIDABLE not_overridable "0.1.0" "an environment sets something that is neither a field nor a param";
    0512 error COMPONENT_OVERRIDDEN component_overridden "0.1.0" "an environment sets or unsets a whole component";
    0513 error PATH_INTO_LIST path_into_list "0.1.0" "an environment sets a part of a list or of a plain value";
    0514 error TOO_MANY_ENVIRONMENTS too_many_environments "0.1.0" "more environments than a program can have";

    // 06xx: evaluation
    0601 error DIVISION_BY_ZERO division_by_zero "0.1.0" "a division by zero";
    0602 error OVERFLOW overflow "0.1.0" "a calculation whose result is too large";
    0603 error INDEX_OUT_OF_RANGE index_out_of_range "0.1.0" "an index past the end of a list";
    0604 error KEY_NOT_FOUND key_not_found "0.1.0" "a key that the map does not have";
    0605 error BUDGET_EXCEEDED budget_exceeded "0.1.0" "a program that takes too many steps to work out";
    0606 error VALUE_TOO_LARGE value_too_large "0.1.0" "a value that grows too large";
    0607 error ASSERT_FAILED assert_failed "0.1.0" "an assert that does not hold";
    0608 error KIND_ASSERT_FAILED kind_assert_failed "0.1.0" "a component that breaks a rule of its kind";
    0609 error DUPLICATE_INSTANCE duplicate_instance "0.1.0" "two instances of a repeated component with one key";
    0610 error DUPLICATE_COMPREHENSION_KEY duplicate_comprehension_key "0.1.0" "a map comprehension that makes one key twice";
    0611 error VALUE_CYCLE value_cycle "0.1.0" "a value that depends on itself";
    0612 error NEGATIVE_QUANTITY negative_quantity "0.1.0" "a size, duration or number of cores below zero";
    0613 error EMPTY_LIST_ARGUMENT empty_list_argument "0.1.0" "the smallest or largest element of an empty list";
    0614 error BAD_ARGUMENT_VALUE bad_argument_value "0.1.0" "a function cannot work with the value of this argument";

    // 07xx: checked texts
    0701 error BAD_PORT bad_port "0.1.0" "a number that is no port";
    0702 error BAD_HOST bad_host "0.1.0" "a text that is no host name";
    0703 error BAD_URL bad_url "0.1.0" "a text that is no URL";
    0704 error BAD_HTTP_PATH bad_http_path "0.1.0" "a text that is no path of a URL";
    0705 error BAD_FILE_PATH bad_file_path "0.1.0" "a text that is no path of a file";
    0706 error BAD_IMAGE bad_image "0.1.0" "a text that is no image reference";
    0707 error BAD_CRON bad_cron "0.1.0" "a text that is no cron schedule";
    0708 error BAD_REGEX bad_regex "0.1.0" "a text that is no regular expression";
    0709 error BAD_EMAIL bad_email "0.1.0" "a text that is no mail address";
    0710 error BAD_ENV_NAME bad_env_name "0.1.0" "a text that cannot name an environment variable";
    0711 error BAD_DIGEST bad_digest "0.1.0" "a text that is no digest";
    0712 error BAD_IP_ADDRESS bad_ip_address "0.1.0" "a text that is no IP address";

    // 08xx: deployability
    0801 error START_CYCLE start_cycle "0.1.0" "components that wait for each other to start";
    0802 error NEVER_COMPLETES never_completes "0.1.0" "a component that waits for something that never comes";
    0810 error DUPLICATE_ROUTE duplicate_route "0.1.0" "two routes with the same host and path";
    0811 error OVERLAPPING_ROUTE overlapping_route "0.1.0" "two routes that match the same requests";
    0812 error PORT_PUBLISHED_TWICE port_published_twice "0.1.0" "two components publish the same port";
    0813 error PORT_NUMBER_CLASH port_number_clash "0.1.0" "two ports of one component with the same number";
    0814 error PORT_NAME_CLASH port_name_clash "0.1.0" "two ports of one component whose names become the same";
    0815 error ROUTE_TO_NON_HTTP route_to_non_http "0.1.0" "a route to a port that does not speak HTTP";
    0816 error PUBLISHED_REPLICAS published_replicas "0.1.0" "several replicas that publish the same port";
    0817 error ROUTE_TLS_CONFLICT route_tls_conflict "0.1.0" "routes of one host that disagree about TLS";
    0830 error ONE_WRITER_VOLUME one_writer_volume "0.1.0" "a volume for one writer, mounted by several";
    0831 error MOUNT_CLASH mount_clash "0.1.0" "two things mounted at the same path";
    0832 error DATABASE_SHRINK database_shrink "0.1.0" "a database with less storage than it has now";
    0840 error REQUEST_ABOVE_LIMIT request_above_limit "0.1.0" "a request above its limit";
    0841 error QUOTA_EXCEEDED quota_exceeded "0.1.0" "an environment that asks for more than its quota";
    0850 error DNS_NAME_INVALID dns_name_invalid "0.1.0" "a name that cannot become a DNS name";
    0851 error DNS_NAME_TOO_LONG dns_name_too_long "0.1.0" "a name too long to become a DNS name";
    0852 error DNS_NAME_CLASH dns_name_clash "0.1.0" "two names that become the same DNS name";
    0860 error IMPOSSIBLE_SCHEDULE impossible_schedule "0.1.0" "a schedule that never comes";
    0861 error SCHEDULE_TOO_OFTEN schedule_too_often "0.1.0" "a job that starts again before it must have ended";

    // 09xx: lints
    0901 warning UNUSED_SECRET unused_secret "0.1.0" "a secret that nothing uses";
    0902 warning UNUSED_PARAM unused_param "0.1.0" "a param that nothing uses";
    0903 warning UNUSED_VOLUME unused_volume "0.1.0" "a volume that nothing mounts";
    0904 warning UNUSED_CONFIG unused_config "0.1.0" "a config that nothing mounts";
    0905 warning UNUSED_LET unused_let "0.1.0" "a `let` that nothing uses";
    0906 warning UNUSED_IMPORT unused_import "0.1.0" "an imported name that nothing uses";
    0907 warning UNUSED_KIND unused_kind "0.1.0" "a kind of which there is no component";
    0908 warning UNUSED_TYPE unused_type "0.1.0" "a type that nothing uses";
    0909 warning UNUSED_ALLOW unused_allow "0.1.0" "an `allow` that allows nothing";
    0910 warning UNREACHABLE_SERVICE unreachable_service "0.1.0" "a service that nothing can reach";
    0911 warning NEVER_PRESENT never_present "0.1.0" "a component that exists in no environment";
    0912 note REDUNDANT_OVERRIDE redundant_override "0.1.0" "an environment sets a field to the value it has anyway";
    0920 warning UNPINNED_IMAGE unpinned_image "0.1.0" "an image without a tag";
    0921 warning LATEST_TAG latest_tag "0.1.0" "an image with the tag `latest`";
    0922 note MISSING_DIGEST missing_digest "0.1.0" "an image without a digest";
    0930 warning SECRET_IN_PLAIN_TEXT secret_in_plain_text "0.1.0" "a text that looks like a secret";
    0931 warning PRIVILEGED privileged "0.1.0" "a container with all rights on its host";
    0932 warning NO_HEALTH_CHECK no_health_check "0.1.0" "a service that needs a health check and has none";
    0933 warning ENGINE_SOCKET engine_socket "0.1.0" "a container that can command the container engine";
    0940 warning VARIANT_SHADOWS_VALUE variant_shadows_value "0.1.0" "a name that is both a variant and a value";
    0941 note MISSING_EDITION missing_edition "0.1.0" "an app that does not say its edition";
    0942 warning DEPRECATED_FIELD deprecated_field "0.1.0" "a field that will be removed";
    0943 warning NEEDLESS_FALLBACK needless_fallback "0.1.0" "a `??` or `?.` on a value that is never null";
    0944 warning MISPLACED_DOC misplaced_doc "0.1.0" "a doc comment that documents nothing";
}
