"""How the slow tests are dealt to processes (`--dist loadfile`): what shares fixtures, or memory, shares one.

A group is a file's slow tests, but for those named here. The marks of `--dist loadgroup` would say the same
and are lost on the way with pytest 9.2.
"""

import re

from xdist.scheduler import LoadScopeScheduling

GROUPS = {
    "engines": "building_writer_served full_width llm_judges_served mini_checkpoints openai_backend ray vllm",
}
"""Files by the group that they make. An engine asks for a third of the memory, and a layer of a 7B model
takes gigabytes, so no two of these run at a time."""
APART = "test_methods_on_minis"
"""Here everything hangs on a fixture's parameter, and each parameter is a group."""
FIRST = (
    "engines",
    "test_methods_on_minis",
    "test_docs_site",
    "test_running_kills",
    "test_training_processes",
)
"""The longest groups, so that none is begun when the others are done."""

_GROUP_OF = {f"test_{file}": group for group, files in GROUPS.items() for file in files.split()}


def group_of(nodeid: str) -> str:
    """Return the group of a test, by its name."""
    file = nodeid.partition("::")[0].rpartition("/")[2].removesuffix(".py")
    parameter = re.search(r"\[.*\]$", nodeid) if file == APART else None
    return _GROUP_OF.get(file, file) + (parameter.group() if parameter else "")


def place_of(nodeid: str) -> int:
    """Return when a test's group begins."""
    group = group_of(nodeid).partition("[")[0]
    return FIRST.index(group) if group in FIRST else len(FIRST)


class ByGroup(LoadScopeScheduling):
    """Deals whole groups to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
