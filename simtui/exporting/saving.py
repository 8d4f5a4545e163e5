"""A workflow's file back onto the disk: whole under its name, in the folder that was chosen and
nowhere else."""

from __future__ import annotations

from pathlib import Path

from simtui.errors import NotWritable, UsageError, shown
from simtui.exporting.targets import appearing, told
from simtui.exporting.walking import to_its_end
from simtui.formats.naming import safe_part
from simtui.library import Library
from simtui.model.asset import Asset, is_asset_name


def place_of(asset: Asset, folder: Path) -> Path:
    """Where a file goes in a folder. Its name came from outside, perhaps with a whole library: one
    that could lead elsewhere is written otherwise."""
    return folder / (asset.name if is_asset_name(asset.name) else safe_part(asset.name))


async def save_asset(
    library: Library, asset: Asset, folder: Path, *, replace: bool = False
) -> Path:
    """Writes a file into `folder`, which is made where it is not there. What lies there under its
    name stays, unless `replace`; a link there is never followed. Raises `UsageError`, `Damaged`,
    `NotWritable`; then the folder is as it was."""
    target = place_of(asset, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(f"{folder} cannot be made: {error.strerror}.") from error
    with told(target):
        if target.is_dir() and not target.is_symlink():
            raise UsageError(f"{shown(str(target))} is a folder, and stays as it is.")
        if not replace and (target.exists() or target.is_symlink()):
            raise UsageError(f"{shown(str(target))} is there already, and stays as it is.")
    with appearing(target, replace=replace) as stream:
        async for piece in library.assets.pieces(asset):
            await to_its_end(stream.write, piece)
    return target
