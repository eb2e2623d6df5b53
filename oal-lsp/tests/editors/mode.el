;;; mode.el --- Tests of oal-mode without a server  -*- lexical-binding: t -*-

;; emacs -Q --batch -L oal-lsp/editors/emacs -l oal-lsp/tests/editors/mode.el -f ert-run-tests-batch-and-exit

;;; Code:

(require 'ert)
(require 'oal-mode)

(defconst oal-test-root (expand-file-name "../../../" (file-name-directory (or load-file-name buffer-file-name))))

(defun oal-test-files ()
  "The examples and the prelude."
  (let ((files (append (directory-files-recursively (concat oal-test-root "examples") "\\.oal\\'")
                       (directory-files-recursively (concat oal-test-root "oal-check/std") "\\.oal\\'"))))
    (should (> (length files) 20))
    files))

(ert-deftest oal-indenting-a-formatted-program-changes-nothing ()
  (let (wrong)
    (dolist (file (oal-test-files))
      (with-temp-buffer
        (insert-file-contents file)
        (oal-mode)
        (goto-char (point-min))
        (while (not (eobp))
          (let ((column (oal--column)))
            (unless (or (looking-at "[ \t]*$") (null column) (= column (current-indentation)))
              (push (format "%s:%d: %d instead of %d: %s" file (line-number-at-pos) column (current-indentation)
                            (buffer-substring (line-beginning-position) (line-end-position)))
                    wrong)))
          (forward-line))))
    (should (equal (mapconcat #'identity (nreverse wrong) "\n") ""))))

(defun oal-test-face (text word &optional nth)
  "The face of the NTH occurrence of WORD in TEXT."
  (with-temp-buffer
    (insert text)
    (oal-mode)
    (font-lock-ensure)
    (goto-char (point-min))
    (search-forward word nil nil (or nth 1))
    (get-text-property (match-beginning 0) 'face)))

(ert-deftest oal-words-have-their-faces ()
  (should (eq (oal-test-face "let a = 1" "let") 'font-lock-keyword-face))
  (should (eq (oal-test-face "a b { type: 1 }" "type") 'font-lock-variable-name-face))
  (should (eq (oal-test-face "let a = b.type" "type") 'default))
  (should (eq (oal-test-face "service api {}" "service") 'font-lock-type-face))
  (should (eq (oal-test-face "service api {}" "api") 'font-lock-function-name-face))
  (should (eq (oal-test-face "let a: Int = null" "Int") 'font-lock-type-face))
  (should (eq (oal-test-face "let a: Int = null" "null") 'font-lock-constant-face))
  (should (eq (oal-test-face "let a = \"x\" // why" "why") 'font-lock-comment-face))
  (should (eq (oal-test-face "let a = \"x // y\"" "y") 'font-lock-string-face))
  (should (eq (oal-test-face "let a = r\"\\\"\nlet b = 1" "let" 2) 'font-lock-keyword-face))
  (should (eq (oal-test-face "let a = \"\"\"\n  b \"c\" d\n  \"\"\"\nlet e = 1" "d\n") 'font-lock-string-face))
  (should (eq (oal-test-face "let a = \"\"\"\n  b \"c\" d\n  \"\"\"\nlet e = 1" "let" 2) 'font-lock-keyword-face)))

(ert-deftest oal-files-have-the-mode ()
  (should (eq (assoc-default "app.oal" auto-mode-alist #'string-match-p) 'oal-mode)))

(ert-deftest oal-comments-are-lines ()
  (with-temp-buffer
    (insert "let a = 1\n")
    (oal-mode)
    (comment-region (point-min) (point-max))
    (should (equal (buffer-string) "// let a = 1\n"))))

;;; mode.el ends here
