"""The site of cpool: sphinx-build -W --keep-going -b html docs build/site."""

import sys
from pathlib import Path

import cpool

sys.path.insert(0, str(Path(__file__).parent))  # for `operator_pages`

project = "cpool"
author = "The cpool developers"
project_copyright = author
version = release = cpool.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "operator_pages"]
myst_heading_anchors = 3
default_role = "py:obj"  # a name in a docstring is a link where it is a name of cpool, and else a piece of code
autodoc_typehints = "none"  # the sections of the docstrings have the types, in words
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True  # a name and not its value, which in `cpool.conformance` is a page long
autosummary_generate = False
maximum_signature_line_length = 110
numpydoc_show_class_members = False
smartquotes = False

html_theme = "furo"
html_title = f"cpool {release}"
html_copy_source = False
