;;; oal-mode.el --- OAL, the Open Application Language  -*- lexical-binding: t -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "26.1"))
;; Keywords: languages
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Colours, comments and indentation for .oal files, and the server `oal lsp' for eglot and lsp-mode:
;;
;;   (require 'oal-mode)
;;   (add-hook 'oal-mode-hook #'eglot-ensure)

;;; Code:

(defgroup oal nil "OAL, the Open Application Language." :group 'languages)

(defcustom oal-indent 2 "Columns of one step of indentation." :type 'integer :safe #'integerp)

(defcustom oal-server '("oal" "lsp") "The command that starts the language server." :type '(repeat string))

(defconst oal-declarations
  '("use" "app" "as" "environment" "unset" "param" "let" "type" "assert" "kind" "extern" "extends" "field" "output" "allow")
  "Keywords that declare something.")

(defconst oal-controls '("if" "then" "else" "match" "for" "in" "where" "matches" "and" "or" "not")
  "Keywords of expressions and types.")

(defconst oal-constants '("true" "false" "null") "Keywords that are values.")

(defvar oal-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?/ ". 12" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?_ "_" table)
    (modify-syntax-entry ?. "." table)
    (modify-syntax-entry ?' "." table)
    (dolist (sign '(?? ?= ?+ ?- ?* ?% ?< ?> ?| ?: ?,)) (modify-syntax-entry sign "." table))
    table)
  "What the signs of OAL are.")

(defconst oal-font-lock-keywords
  `(;; A word before a colon is a key, one behind a dot a member, whatever else it would be.
    ("\\_<\\([A-Za-z_][A-Za-z0-9_.]*\\)[ \t]*:" 1 font-lock-variable-name-face)
    ("\\.[ \t]*\\([A-Za-z_][A-Za-z0-9_]*\\)" 1 'default)
    (,(regexp-opt (append oal-declarations oal-controls) 'symbols) . font-lock-keyword-face)
    (,(regexp-opt oal-constants 'symbols) . font-lock-constant-face)
    ("\\_<\\([a-z_][a-z0-9_.]*\\)[ \t]+\\([a-z_][a-z0-9_]*\\)[ \t]*\\(?:{\\|\\_<\\(?:if\\|for\\)\\_>\\)"
     (1 font-lock-type-face) (2 font-lock-function-name-face))
    ("\\_<[A-Z][A-Za-z0-9]*\\_>" . font-lock-type-face)
    ("\\_<\\([a-z_][a-z0-9_]*\\)(" 1 font-lock-function-name-face)
    ("\\_<[0-9][0-9_]*\\(?:\\.[0-9]+\\)?\\(?:[A-Za-z]+\\|%\\)?" . font-lock-constant-face))
  "What is coloured beside comments and texts.")

(defconst oal--syntax-propertize
  (syntax-propertize-rules
   ("\"\"\""
    (0 (ignore (oal--triple-quote))))
   ;; In a raw text a backslash is only a backslash.
   ("\\_<r\\(\"\\)\\([^\"\n]*\\)\\(\"\\)"
    (0 (ignore (oal--raw-text)))))
  "Texts that the syntax table cannot tell.")

(defun oal--triple-quote ()
  "Make three quotes one sign that starts or ends a text."
  (let ((state (save-excursion (syntax-ppss (match-beginning 0)))))
    (unless (or (nth 4 state) (and (nth 3 state) (not (eq (nth 3 state) t))))
      (if (nth 3 state)
          (put-text-property (1- (match-end 0)) (match-end 0) 'syntax-table (string-to-syntax "|"))
        (put-text-property (match-beginning 0) (1+ (match-beginning 0)) 'syntax-table (string-to-syntax "|"))))))

(defun oal--raw-text ()
  "Give the backslashes of a raw text no meaning."
  (unless (nth 8 (save-excursion (syntax-ppss (match-beginning 0))))
    (put-text-property (match-beginning 2) (match-end 2) 'syntax-table (string-to-syntax "."))))

(defun oal--column ()
  "The column this line wants; nil inside a text of several lines."
  (save-excursion
    (back-to-indentation)
    (let ((state (syntax-ppss)))
      (unless (nth 3 state)
        (let ((closing (looking-at "[])}]")) (open (nth 1 state)))
          (+ (if open
                 (save-excursion
                   (goto-char open)
                   (back-to-indentation)
                   ;; A branch of a choice hangs behind its bar.
                   (+ (current-column) (if (looking-at "|") oal-indent 0) (if closing 0 oal-indent)))
               0)
             (if (and (not closing) (or (oal--branch) (oal--goes-on open))) oal-indent 0)))))))

(defun oal--branch ()
  "Whether this line, or the one that it documents, is a branch of a choice."
  (save-excursion
    (forward-comment (buffer-size))
    (looking-at "|")))

(defun oal--goes-on (open)
  "Whether the line before leaves something open besides the bracket OPEN."
  (save-excursion
    (beginning-of-line)
    (forward-comment (- (buffer-size)))
    (and (> (point) (if open (1+ open) (point-min)))
         (or (memq (char-before) '(?= ?+ ?* ?/))
             (looking-back "\\_<\\(?:and\\|or\\|then\\|else\\)" (line-beginning-position))
             ;; The condition of an assert, whose message stands on the next line.
             (and (eq (char-before) ?,)
                  (save-excursion
                    (beginning-of-line)
                    (looking-at "[ \t]*assert\\_>")))))))

(defun oal-indent-line ()
  "Indent the line as `oal fmt' does."
  (interactive)
  (let ((column (oal--column)) (inside (> (current-column) (current-indentation))))
    (when column
      (if inside
          (save-excursion (indent-line-to column))
        (indent-line-to column)))))

;;;###autoload
(define-derived-mode oal-mode prog-mode "OAL"
  "Mode for programs in OAL, the Open Application Language."
  (setq-local comment-start "// ")
  (setq-local comment-start-skip "//[/!]?[ \t]*")
  (setq-local comment-end "")
  (setq-local indent-tabs-mode nil)
  (setq-local tab-width oal-indent)
  (setq-local indent-line-function #'oal-indent-line)
  (setq-local electric-indent-chars (append "})]|" electric-indent-chars))
  (setq-local syntax-propertize-function oal--syntax-propertize)
  (setq-local font-lock-defaults '(oal-font-lock-keywords))
  (setq-local imenu-generic-expression
              '((nil "^\\([a-z_.]+[ \t]+[a-z_][a-z0-9_]*\\)\\(?:[ \t].*\\)?{" 1)
                ("Types" "^type[ \t]+\\([A-Z][A-Za-z0-9]*\\)" 1))))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.oal\\'" . oal-mode))

(defvar eglot-server-programs)
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs (cons 'oal-mode oal-server)))

(declare-function lsp-register-client "lsp-mode")
(declare-function make-lsp-client "lsp-mode")
(declare-function lsp-stdio-connection "lsp-mode")
(defvar lsp-language-id-configuration)
(with-eval-after-load 'lsp-mode
  (add-to-list 'lsp-language-id-configuration '(oal-mode . "oal"))
  (lsp-register-client
   (make-lsp-client :new-connection (lsp-stdio-connection (lambda () oal-server))
                    :activation-fn (lambda (&rest _) (derived-mode-p 'oal-mode))
                    :server-id 'oal)))

(provide 'oal-mode)
;;; oal-mode.el ends here
