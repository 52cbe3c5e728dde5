"""What processes share among themselves: each takes the next thing that nobody took yet."""

from __future__ import annotations

from pathlib import Path


class Claims:
    """A folder with a file for each thing that was taken; it may be asked by several processes."""

    def __init__(self, folder: Path | None) -> None:
        """Take the folder, which must be empty at first; without one nothing is shared."""
        self.folder = folder

    def take(self, name: str) -> bool:
        """Tell whether the thing of that name is ours from now on; one asker gets it."""
        if self.folder is None:
            return True
        try:
            (self.folder / name).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True
