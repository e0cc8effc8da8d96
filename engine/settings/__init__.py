"""The settings of a workspace: what each one is, what it may hold, and the five YAML files that hold them.

In: the folder `configs/` of a workspace. Out: `Settings`, one immutable struct for each file.

- `settings`: `System`, `Thresholds`, `Ollama`, `Scoring` and `Screen` declare every setting once: its type with the
  bounds, its shipped value, whether a change needs a new start, and, in the docstring, its explanation. `load_settings`
  reads a folder.
- `options`: `options()` lists the settings for the command line and the settings screen; `Option.parse` reads a typed
  value. `shipped_file` writes the text of a file of `configs/` from the declaration.
- `yaml_files`: `read_values` reads a file, `with_value` changes one value in its text.

To add a setting, add a field and its explanation to a struct. `python -m tests.engine.settings.test_options` writes the
shipped files again.

Must hold: a missing file or key has the shipped value. A SettingsError names file, key, value and what is valid, or the
nearest valid key. A change of one value leaves every other byte of the file as its owner wrote it. Files as they are
shipped are recognised by their bytes, and no reader of YAML is imported for them.

May import: `engine.shipped`, `engine.errors`.
"""
