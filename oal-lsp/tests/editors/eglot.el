;;; eglot.el --- Drives the server through Emacs, eglot and oal-mode  -*- lexical-binding: t -*-

;; emacs -Q --batch -L oal-lsp/editors/emacs -l oal-lsp/tests/editors/eglot.el      (prints TAP)
;; The program to start must be `oal' on the PATH.

;;; Code:

(dolist (folder (file-expand-wildcards "/usr/share/emacs/site-lisp/elpa/*")) (add-to-list 'load-path folder))
(require 'cl-lib)
(require 'eglot)
(require 'flymake)
(require 'json)
(require 'oal-mode)
(require 'xref)

;; Newer versions call it otherwise.
(unless (fboundp 'eglot--current-server-or-lose)
  (defalias 'eglot--current-server-or-lose 'eglot-current-server))

(defvar profile
  (let ((json-object-type 'alist) (json-array-type 'list) (json-key-type 'symbol))
    (json-read-file (expand-file-name "profile.json" (file-name-directory load-file-name)))))
(defun p (&rest keys) (let ((value profile)) (dolist (key keys value) (setq value (alist-get key value)))))

(defvar dir (file-name-as-directory (make-temp-file "oal-eglot" t)))
(dolist (file (p 'files))
  (let ((coding-system-for-write 'utf-8-unix))
    (write-region (cdr file) nil (concat dir (symbol-name (car file))) nil 'quiet)))
(fset 'y-or-n-p #'always)
(fset 'yes-or-no-p #'always)
(setq eglot-sync-connect 20
      eglot-connect-timeout 20
      eglot-autoshutdown nil
      eglot-confirm-server-initiated-edits nil
      eglot-events-buffer-size 0
      eglot-send-changes-idle-time 0.05
      flymake-no-changes-timeout 0.1
      vc-handled-backends nil
      create-lockfiles nil
      make-backup-files nil
      project-find-functions (list (lambda (_) (cons 'transient dir))))

(defvar count 0)
(defvar bad 0)
(defun step (name run)
  (cl-incf count)
  (let ((started (float-time)) result problem)
    (condition-case found (setq result (funcall run)) (error (setq problem found)))
    (unless result (cl-incf bad))
    (princ (format "%s %d - %s (%d ms)%s\n" (if result "ok" "not ok") count name (* 1000 (- (float-time) started))
                   (cond (problem (format " # %S" problem))
                         ((stringp result) (concat " # " (truncate-string-to-width (replace-regexp-in-string "\n" " " result) 100)))
                         (t ""))))))
(defun wait (run)
  (let ((end (+ (float-time) 10)) found)
    (while (and (not (setq found (funcall run))) (< (float-time) end)) (accept-process-output nil 0.02))
    found))
(defun go (at)
  "Put the cursor where the bar stands in AT."
  (let ((parts (split-string at "|")))
    (goto-char (point-min))
    (search-forward (concat (car parts) (cadr parts)))
    (backward-char (length (cadr parts)))))
;; In batch, nothing happens by itself.
(defun poke () (eglot--signal-textDocument/didChange) (flymake-start))
(defun finding (words)
  (cl-find-if (lambda (one) (string-match-p (regexp-quote words) (flymake-diagnostic-text one))) (flymake-diagnostics)))

(switch-to-buffer (find-file-noselect (concat dir (p 'open))))
(step "the mode starts the server"
      (lambda ()
        (let ((guess (eglot--guess-contact)))
          (apply #'eglot guess)
          (and (eq major-mode 'oal-mode) (wait #'eglot-managed-p)))))
(step "findings are shown, where they are"
      (lambda ()
        (flymake-start)
        (let ((found (wait (lambda () (finding (p 'diagnostic 'match))))))
          (goto-char (flymake-diagnostic-beg found))
          (and (= (1- (line-number-at-pos)) (p 'diagnostic 'line))
               (= (current-column) (p 'diagnostic 'column))
               (flymake-diagnostic-text found)))))
(step "hover"
      (lambda ()
        (go (p 'hover 'at))
        (let ((said (format "%S" (jsonrpc-request (eglot--current-server-or-lose) :textDocument/hover
                                                  (eglot--TextDocumentPositionParams)))))
          (and (string-match-p (regexp-quote (p 'hover 'match)) said) said))))
(step "completion in a half-written entry"
      (lambda ()
        (go (concat (p 'entry 'at) "|"))
        (insert "\n  " (p 'entry 'type))
        (poke)
        (let ((all (all-completions (p 'entry 'type) (nth 2 (eglot-completion-at-point)))))
          (delete-region (line-beginning-position 1) (line-beginning-position 2))
          (go (p 'entry 'at))
          (poke)
          (and (cl-find-if (lambda (one) (string-prefix-p (p 'entry 'label) one)) all) (format "%d items" (length all))))))
(step "go to definition in another file"
      (lambda ()
        (go (p 'definition 'at))
        (let ((place (xref-item-location
                      (car (xref-backend-definitions 'eglot (xref-backend-identifier-at-point 'eglot))))))
          (and (string-suffix-p (p 'definition 'file) (xref-location-group place))
               (= (xref-location-line place) (1+ (p 'definition 'line)))))))
(step "go to definition in the built-in library, which is read-only"
      (lambda ()
        (go (p 'library 'at))
        (let* ((place (xref-item-location
                       (car (xref-backend-definitions 'eglot (xref-backend-identifier-at-point 'eglot)))))
               (file (xref-location-group place)))
          (and (string-suffix-p (p 'library 'file) file) (file-readable-p file)
               (= (logand (file-modes file) #o222) 0) file))))
(step "references"
      (lambda ()
        (go (p 'references 'at))
        (let ((found (xref-backend-references 'eglot (xref-backend-identifier-at-point 'eglot))))
          (and (>= (length found) (1- (p 'references 'count))) (format "%d places" (length found))))))
(step "document symbols (imenu)"
      (lambda ()
        (let ((said (format "%S" (eglot-imenu))))
          (and (cl-every (lambda (name) (string-match-p (regexp-quote name) said)) (p 'symbols 'names)) said))))
(step "a code action puts it right, and the finding goes"
      (lambda ()
        (goto-char (flymake-diagnostic-beg (finding (p 'repair 'at))))
        (let* ((actions (eglot-code-actions (point) nil))
               (action (cl-find-if (lambda (one) (string-match-p (regexp-quote (p 'repair 'title)) (plist-get one :title)))
                                   (append actions nil))))
          (unless (plist-get action :edit)
            (setq action (jsonrpc-request (eglot--current-server-or-lose) :codeAction/resolve action)))
          (eglot--apply-workspace-edit (plist-get action :edit))
          (poke)
          (goto-char (point-min))
          (and (search-forward (p 'repair 'gives))
               (wait (lambda () (flymake-start) (not (finding (p 'repair 'at)))))
               (plist-get action :title)))))
(step "rename across files, also inside texts"
      (lambda ()
        (go (p 'rename 'at))
        (eglot-rename (p 'rename 'to))
        (cl-every (lambda (wanted)
                    (with-current-buffer (find-file-noselect (concat dir (symbol-name (car wanted))))
                      (= (cdr wanted) (how-many (regexp-quote (p 'rename 'to)) (point-min) (point-max)))))
                  (p 'rename 'counts))))
(step "format"
      (lambda ()
        (goto-char (point-max))
        (insert (p 'format 'from) "\n")
        (poke)
        (eglot-format-buffer)
        (string-match-p (regexp-quote (p 'format 'to)) (buffer-string))))
(step "the server ends when it is told to"
      (lambda ()
        (let* ((server (eglot--current-server-or-lose)) (process (jsonrpc--process server)))
          (eglot-shutdown server nil 5)
          (wait (lambda () (not (process-live-p process)))))))
(princ (format "1..%d\n" count))
(dolist (buffer (buffer-list)) (with-current-buffer buffer (set-buffer-modified-p nil)))
(kill-emacs (if (> bad 0) 1 0))

;;; eglot.el ends here
