"""A diff as git writes it, told in one line per file."""

from agent_runs.api.diffs import summarize

DIFF = r"""diff --git a/app.py b/app.py
index 83db48f..bf2a9c1 100644
--- a/app.py
+++ b/app.py
@@ -1,3 +1,4 @@
 import os
-print(1)
+print(2)
+print(3)
 x = 1
@@ -10 +11 @@ def f():
--- a/not a header
+++ b/not a header either
diff --git a/new file.txt b/new file.txt
new file mode 100644
index 0000000..ce01362
--- /dev/null
+++ b/new file.txt
@@ -0,0 +1 @@
+hello
\ No newline at end of file
diff --git a/old.txt b/old.txt
deleted file mode 100644
index ce01362..0000000
--- a/old.txt
+++ /dev/null
@@ -1,2 +0,0 @@
-hello
-you
diff --git a/from.txt b/to.txt
similarity index 100%
rename from from.txt
rename to to.txt
diff --git "a/gr\303\274n \"x\".txt" "b/gr\303\274n \"x\".txt"
new file mode 100644
index 0000000..e69de29
diff --git a/logo.png b/logo.png
index 83db48f..bf2a9c1 100644
Binary files a/logo.png and b/logo.png differ
"""


def test_every_file_of_a_diff_is_told_with_what_happened_to_it() -> None:
    assert [(f.path, f.added, f.removed, f.status) for f in summarize(DIFF)] == [
        ("app.py", 3, 2, "modified"),
        ("new file.txt", 1, 0, "added"),
        ("old.txt", 0, 2, "deleted"),
        ("to.txt", 0, 0, "renamed"),
        ('grün "x".txt', 0, 0, "added"),
        ("logo.png", 0, 0, "modified"),
    ]


def test_no_diff_has_no_files() -> None:
    assert not summarize("")
