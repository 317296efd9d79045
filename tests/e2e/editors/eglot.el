;;; Opens a revision, waits for findings, asks for a hover, takes a repair, and tells what it saw as JSON.  -*- lexical-binding: t -*-
;; FORESHOT_CONFIG is a file with the configuration to try, FORESHOT_REPORT the file to write, FORESHOT_CHOOSE what the
;; repair's title contains.
(package-initialize)
(require 'eglot)
(require 'flymake)
(require 'json)
(setq eglot-autoshutdown t
      eglot-sync-connect 20
      eglot-confirm-server-initiated-edits nil
      eglot-send-changes-idle-time 0.1)
(load (getenv "FORESHOT_CONFIG") nil t)

(defvar seen nil)

(defun keep (name value)
  (push (cons name value) seen))

(defun await (what wanted)
  "Wait until WANTED returns something, and return it."
  (let ((end (+ (float-time) 20)) found)
    (while (not (or (setq found (funcall wanted)) (> (float-time) end)))
      (accept-process-output nil 0.05))
    (or found (error "%s" what))))

(defun findings ()
  (flymake-start)
  (flymake-diagnostics))

(condition-case problem
    (progn
      (find-file (getenv "FORESHOT_FILE"))
      (keep 'mode (symbol-name major-mode))
      (apply #'eglot (eglot--guess-contact))
      (await "no findings" #'findings)
      (keep 'findings
            (vconcat (mapcar (lambda (finding)
                               (vector (line-number-at-pos (flymake-diagnostic-beg finding))
                                       (flymake-diagnostic-text finding)))
                             (findings))))
      (goto-char (point-min))
      (search-forward "add_col")
      (keep 'hover
            (plist-get (plist-get (jsonrpc-request (eglot-current-server) :textDocument/hover
                                                   (eglot--TextDocumentPositionParams))
                                  :contents)
                       :value))
      (goto-char (point-min))
      (search-forward (getenv "FORESHOT_AT"))
      (goto-char (match-beginning 0))
      (let* ((before (buffer-string))
             (actions (append (eglot-code-actions (point) (1+ (point))) nil))
             (titles (mapcar (lambda (action) (plist-get action :title)) actions))
             (wanted (getenv "FORESHOT_CHOOSE"))
             (chosen (seq-find (lambda (action) (string-match-p (regexp-quote wanted) (plist-get action :title)))
                               actions)))
        (keep 'offered (vconcat titles))
        (unless (plist-get chosen :edit)
          (setq chosen (jsonrpc-request (eglot-current-server) :codeAction/resolve chosen)))
        (eglot--apply-workspace-edit (plist-get chosen :edit))
        (when (equal before (buffer-string))
          (error "the buffer did not change")))
      (keep 'text (buffer-substring-no-properties (point-min) (point-max)))
      (eglot--signal-textDocument/didChange)
      (await "the finding stayed"
             (lambda ()
               (not (seq-find (lambda (finding) (string-match-p (getenv "FORESHOT_SAYS") (flymake-diagnostic-text finding)))
                              (findings)))))
      (set-buffer-modified-p nil)
      (eglot-shutdown (eglot-current-server)))
  (error (keep 'problem (error-message-string problem))))

(with-temp-file (getenv "FORESHOT_REPORT")
  (insert (json-encode seen)))
(kill-emacs 0)
