"""Turns a template, a language and data into a page. Knows nothing of who asks.

Data for the client goes into attributes, never into inline script: so the policy can be strict.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import orjson
from aiohttp import web as aioweb
from jinja2 import Environment, PackageLoader, StrictUndefined

from web.assets import Assets
from web.brand import Brand
from web.texts import LANGUAGES, Texts

# The texts that the client of a page needs, by prefix.
_TALK: Final = ("talk.", "chat.", "files.", "board.", "party.", "ui.")
_CALL: Final = ("ready.", "after.", "identity.", *_TALK)
_DEVICES: Final = ("ready.device", "ready.level", "ready.speaker")
PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "start": ("start.", *_CALL),  # the call begins on the same page
    "call": _CALL,
    "console": ("console.", "guests.", "identity.", *_TALK, *_DEVICES),
    "join": ("visit.", "ready.", "after.", *_TALK),
    "ops": ("ops.", "ui."),
    "login": ("login.",),
    "recording": ("playback.",),
}
_ALWAYS: Final = ("common.", "error.")
_TALKS: Final = ("start", "call", "console")
RECORDED: Final = ("recording.",)  # only where talks may be recorded at all


@cache
def _environment() -> Environment:
    """The templates, which know no brand: compiled once, whoever shows them."""
    return Environment(
        loader=PackageLoader("web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True, slots=True)
class Screens:
    """The pages of one brand and one build of the client."""

    environment: Environment
    brand: Brand
    assets: Assets

    @classmethod
    def over(cls, brand: Brand, assets: Assets) -> "Screens":
        return cls(_environment(), brand, assets)

    def show(
        self,
        page: str,
        texts: Texts,
        data: Mapping[str, Any] | None = None,
        *,
        path: str = "/",
        status: int = 200,
        notices: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> aioweb.Response:
        """The page `page`; `data` reaches its client, `facts` only the template.

        `notices`: the versions of words that the client shows; they go along with the words.
        """
        handed = {
            "page": page,
            "lang": texts.language,
            "company": self.brand.company,
            **(data or {}),
        }
        recorded = RECORDED if self.brand.recording is not None and page in _TALKS else ()
        said = texts.subset((*_ALWAYS, *PREFIXES.get(page, ()), *recorded))
        versions = {f"version.{name}": version for name, version in (notices or {}).items()}
        html = self.environment.get_template(f"{page}.html").render(
            page=page,
            lang=texts.language,
            languages=LANGUAGES,
            path=path,
            brand=self.brand,
            t=texts.t,
            data=handed,
            data_page=orjson.dumps(handed).decode(),
            data_texts=orjson.dumps(said | versions).decode(),
            tags=self.assets.tags(page) or self.assets.tags("page"),
            unbuilt=self.assets.missing if page in PREFIXES else None,
            **facts,
        )
        response = aioweb.Response(text=html, status=status, content_type="text/html")
        if "csrf" not in handed:  # a secret beside text that others choose could be measured out
            response.enable_compression()
        return response
