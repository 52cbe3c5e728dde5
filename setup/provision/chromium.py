"""A browser for tours and screenshots: one on the path, or Debian's Chromium in ``.odoo/chromium``.

The packages that the machine lacks are downloaded and unpacked; nothing is installed on it.
"""

from __future__ import annotations

import platform
import re
import shutil
from pathlib import Path

from . import apt, paths, progress, shell, stamps
from .errors import ProvisionError

#: The names by which Odoo's browser tests look for one, too.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: Without windows it starts and draws with a sixth less of processor time.
PACKAGE = "chromium-headless-shell"
FONTS_PACKAGE = "fonts-dejavu-core"
FALLBACK_SUITE = "bookworm"
#: Debian releases whose Chromium and libraries the mirrors still carry.
SUITES = {"bookworm", "trixie", "forky", "sid"}
WRAPPER = """\
#!/bin/sh
# Debian's Chromium, unpacked beside; the machine's own libraries serve what is not in there.
root={root}
libraries="$root/usr/lib/{triplet}:$root/usr/lib/{triplet}/pulseaudio:$root/lib/{triplet}"
export LD_LIBRARY_PATH="$libraries:$root/usr/lib/chromium${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
export FONTCONFIG_FILE="$root/fonts.conf"
export CHROME_WRAPPER="$0"
exec "$root/usr/lib/chromium/chromium-headless-shell" "$@"
"""
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{root}/usr/share/fonts</dir>
  <dir>{odoo}/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <!-- The web client asks for the system's own face first: without one, letters get serifs. -->
  <match target="pattern">
    <edit name="family" mode="append_last"><string>Roboto</string></edit>
  </match>
  <alias>
    <family>sans-serif</family>
    <prefer><family>Roboto</family><family>DejaVu Sans</family></prefer>
  </alias>
  <cachedir>{root}/fontcache</cachedir>
</fontconfig>
"""


def find() -> Path | None:
    """Return the browser in use, when there is one."""
    own = paths.BIN / "chromium"
    if own.exists():
        return own
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Path(found) if found else None


def provide() -> Path:
    """Return a browser, unpacking one if the machine has none.

    :raise ProvisionError: when none can be had; the message says how to install one
    """
    paths.WORK.mkdir(exist_ok=True)
    with stamps.lock("chromium"):
        found = find()
        if found:
            return found
        files = _download()
        shutil.rmtree(paths.CHROMIUM, ignore_errors=True)
        with progress.step("Unpacking Chromium"):
            apt.extract(files, paths.CHROMIUM)
        fonts = FONTS.format(root=paths.CHROMIUM, odoo=paths.ROOT)
        (paths.CHROMIUM / "fonts.conf").write_text(fonts, encoding="utf-8")
        triplet = f"{platform.machine()}-linux-gnu"
        paths.BIN.mkdir(exist_ok=True)
        wrapper = paths.BIN / "chromium"
        part = paths.BIN / "chromium.part"
        part.write_text(WRAPPER.format(root=paths.CHROMIUM, triplet=triplet), encoding="utf-8")
        part.chmod(0o755)
        shell.run(
            [part, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank"],
            what="Starting the unpacked Chromium",
            hint="install one with `apt install chromium`.",
        )
        part.rename(wrapper)
        return wrapper


def _download() -> list[Path]:
    """Download Chromium and those of its dependencies that the machine does not have."""
    source = apt.Apt(_suite())
    source.update()
    listed = shell.run(
        [*source.command("apt-get"), "-q", "--print-uris", "-y", "--no-install-recommends",
         "install", PACKAGE, FONTS_PACKAGE],
        what="Looking up Chromium",
        hint="install one with `apt install chromium`.",
    )  # fmt: skip
    names = [_name(file) for file in re.findall(r"^'[^']+' (\S+) \d+", listed, re.MULTILINE)]
    if not any(name.startswith((f"{PACKAGE}=", f"{PACKAGE}:")) for name in names):
        raise ProvisionError("No Chromium in the package lists: `apt install chromium` brings one.")
    return source.download(names, "Chromium and its libraries")


def _name(file: str) -> str:
    """Turn the name of a package file into ``name:architecture=version``."""
    name, version, architecture = file.removesuffix(".deb").split("_")
    suffix = "" if architecture == "all" else f":{architecture}"
    return f"{name}{suffix}={version.replace('%3a', ':')}"


def _suite() -> str:
    """Return the Debian release of this machine, or one that suits most others."""
    text = Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r"^VERSION_CODENAME=\"?(\w+)", text, re.MULTILINE)
    return found[1] if found and found[1] in SUITES else FALLBACK_SUITE
