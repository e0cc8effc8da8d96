"""The library screen (F5): the folders of the library, their files, and the keys that add, rescan and remove them.

In: the catalogue of files that a `Session` has. Out: calls of the library, one at a time, in a thread; the message
`LibraryScreen.Changed` tells the application that other documents can be asked now.

- `LibraryScreen` (screen) holds the table of folders and a `FilePane` (file_pane) with the files of one of them.
- `IngestJob` (ingest_job) carries out one change, with its `IngestProgress` and a way to cancel.
- `PathInput` (path_input) is the line in which a folder is typed, completed from the disk.
- `FileScreen` (file_screen) shows the passages of one file and the names in it.
- `TopicsScreen` (topics_screen) shows in a `TopicsPane` (topics_pane) what the library is about; topics_text says it
  in words for the command, too.

What always holds: no document is read and no file of the user is changed by the screen itself; a cancelled job keeps
every file that it read completely; names and texts of files are cleaned before they are drawn.

May import `tui.source`, `tui.navigation`, `tui.widgets`, `tui.session`, `tui.terminal`, `tui.drawing`, `db` and
`engine`; no other screen.
"""
