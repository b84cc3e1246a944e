"""Names that tell what a file is before it is read: vendored code, lock files, secrets, unsafe paths."""

from __future__ import annotations

import re

from indexer.limits import MAX_PATH_BYTES

_VENDORED_FOLDERS = frozenset(
    {
        "node_modules", "bower_components", "jspm_packages", "third_party", "third-party", "thirdparty",
        "3rdparty", "site-packages", "dist-packages", "__pypackages__", "godeps", "pods",
        "carthage", ".venv", ".yarn", ".terraform", ".bundle", ".gradle",
    }
)  # fmt: skip

# A folder "vendor" may be a shop's own word: it counts at the top, or with a package manager's layout below.
_VENDOR = frozenset({"vendor", "vendors"})
_VENDOR_LAYOUT = frozenset({"bundle", "cache", "composer", "autoload.php", "modules.txt", "gems"})

_LOCKFILES = frozenset(
    {
        "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "deno.lock",
        "poetry.lock", "pipfile.lock", "uv.lock", "pdm.lock", "pixi.lock", "cargo.lock", "gemfile.lock",
        "gems.locked", "composer.lock", "go.sum", "go.work.sum", "mix.lock", "pubspec.lock", "podfile.lock",
        "package.resolved", "cartfile.resolved", "flake.lock", "packages.lock.json", ".terraform.lock.hcl",
        "gradle.lockfile", "conan.lock", "stack.yaml.lock", "cabal.project.freeze", "shard.lock",
        "manifest.toml.lock", "rebar.lock", "module.bazel.lock",
    }
)  # fmt: skip

_SECRET_FILES = re.compile(
    r"""(?x)
      \.env(?:rc)? | \.env\.(?!(?:example|sample|template|dist|defaults?)$).+ | .+\.env
    | .+\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk|tfstate|tfstate\.backup|tfvars|ovpn|mobileprovision)
    | id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?
    | [._]netrc | \.pgpass | \.my\.cnf | \.npmrc | \.pypirc | \.htpasswd | \.git-credentials | \.dockercfg
    | \.s3cfg | \.boto | \.vault[-_]?pass(?:word)?(?:\.txt)? | kubeconfig
    | (?:client[-_])?secrets?\.(?:json|ya?ml|toml|ini) | credentials(?:\.(?:json|ya?ml|toml|ini|csv))?
    | service[-_]?account.*\.json
    """
)

_LINE_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NEVER_A_COMPONENT = frozenset({"", ".", "..", ".git"})


def is_vendored(parts: tuple[str, ...]) -> bool:
    """Tell whether a file (its lower-case path components) is somebody else's code."""
    for depth, folder in enumerate(parts[:-1]):
        if folder in _VENDORED_FOLDERS:
            return True
        below = parts[depth + 1]
        like_a_host = "." in below and depth + 2 < len(parts)  # vendor/github.com/…
        if folder in _VENDOR and (depth == 0 or like_a_host or below in _VENDOR_LAYOUT):
            return True
    return False


def is_lockfile(name: str) -> bool:
    """Tell whether a lower-case file name is that of a package manager's lock file."""
    return name in _LOCKFILES


def is_secret(parts: tuple[str, ...]) -> bool:
    """Tell whether a file (its lower-case path components) is kept for its secrets."""
    if parts[-2:] == (".docker", "config.json") or parts[-2:] == (".kube", "config"):
        return True
    return _SECRET_FILES.fullmatch(parts[-1]) is not None


def is_unsafe(path: str) -> bool:
    """Tell whether a path would leave its folder, reach into git's, or break a line; or has no end."""
    return (
        len(path.encode("utf-8", "surrogateescape")) > MAX_PATH_BYTES
        or any(part.casefold() in _NEVER_A_COMPONENT for part in path.split("/"))
        or _LINE_BREAKING.search(path) is not None
    )
